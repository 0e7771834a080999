"""The rules of Micro Experiences: pure Python. Dates, money and rows are passed in, values come out."""
