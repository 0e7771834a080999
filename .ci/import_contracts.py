"""The contracts of import-linter, applied to the code without its tests.

Tests lie beside the code that they test and may import anything. import-linter cannot leave modules out by a pattern.
"""

from importlinter.contracts import acyclic_siblings, forbidden, layers


class _WithoutTests:
	"""A contract that ignores modules of tests."""

	def check(self, graph, verbose):
		"""Check the graph of imports without modules of tests."""
		for module in list(graph.modules):
			if ".test_" in module or module.startswith("micro_experiences.tests"):
				graph.remove_module(module)
		return super().check(graph, verbose)


class Layers(_WithoutTests, layers.LayersContract):
	"""Packages in layers."""


class Forbidden(_WithoutTests, forbidden.ForbiddenContract):
	"""Imports that are forbidden."""


class AcyclicSiblings(_WithoutTests, acyclic_siblings.AcyclicSiblingsContract):
	"""Modules of one package that do not import each other in a circle."""
