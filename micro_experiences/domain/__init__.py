"""Rules of Micro Experiences in pure Python: dates, money and rows are passed in, values are returned."""
