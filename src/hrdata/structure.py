"""What the structure of a CSV file has to be: the truths that the reader watches over."""

from __future__ import annotations

from hrdata.check import Severity, declare

MAX_CELL = 100_000
"""A cell with more characters than this is taken for an accident."""

text_is_utf8 = declare(
    "STR101",
    "text_is_utf8",
    "The file is valid UTF-8.",
    message="the byte {byte} at offset {offset} is not UTF-8",
    hint="Save {file} as UTF-8.",
    example="A name typed in Latin-1: the e acute is the single byte 0xE9.",
)
file_is_not_utf16 = declare(
    "STR102",
    "file_is_not_utf16",
    "The file is not UTF-16 or UTF-32.",
    message="the file is {encoding}, but expected UTF-8",
    hint="Save {file} as UTF-8 without a byte order mark.",
    example='A spreadsheet saved as "Unicode text".',
)
file_starts_with_its_header = declare(
    "STR103",
    "file_starts_with_its_header",
    "The file starts with its header, not with a byte order mark.",
    message="the file starts with a byte order mark, but expected the first column's name",
    hint="Save {file} as UTF-8 without a byte order mark.",
    example='A file saved as "CSV UTF-8" by a spreadsheet.',
)
text_has_no_nul = declare(
    "STR104",
    "text_has_no_nul",
    "No line holds a NUL byte.",
    message="the line holds a NUL byte",
    hint="Delete the NUL byte from {file}; it often means a damaged copy.",
    example="A file cut off while it was copied.",
)
lines_end_alike = declare(
    "STR105",
    "lines_end_alike",
    "All lines end alike, with a line feed.",
    message="the line ends with {observed}, but expected a line feed{like}",
    hint="Convert the line ends of {file} to LF.",
    example="Half of the lines come from another editor and end with CR LF.",
)
lines_end_with_a_line_feed = declare(
    "STR106",
    "lines_end_with_a_line_feed",
    "Lines end with LF rather than CR LF.",
    message="all lines end with CR LF, but expected LF",
    hint="Convert the line ends of {file} to LF, so that versions compare byte by byte.",
    example="A file saved on Windows.",
    severity=Severity.WARNING,
)
last_line_is_ended = declare(
    "STR107",
    "last_line_is_ended",
    "The last line ends like the others.",
    message="the last line has no line end",
    hint="End the last line of {file} with a line feed; a missing one can mean a file cut short.",
    example="An editor that does not end the last line.",
    severity=Severity.WARNING,
)
file_has_a_header = declare(
    "STR108",
    "file_has_a_header",
    "The file has a header line.",
    message="the file is empty, but expected a header line",
    hint="Write the names of the columns into the first line of {file}.",
    example="A file of no bytes at all.",
)
file_has_rows = declare(
    "STR109",
    "file_has_rows",
    "The file has at least one row.",
    message="the file has a header and no rows",
    hint="Add rows to {file}, or remove the table from the package.",
    example="Only the line vote_id,state_id,choice.",
    severity=Severity.WARNING,
)
column_names_are_given = declare(
    "STR110",
    "column_names_are_given",
    "Every column has a name.",
    message="column {position} has no name",
    hint="Name the column in the first line of {file}, or delete it.",
    example="vote_id,,choice",
)
column_names_are_unique = declare(
    "STR111",
    "column_names_are_unique",
    "No two columns have the same name.",
    message="the name {name} is given to {times} columns",
    hint="Keep one of the columns named {name} in {file}.",
    example="vote_id,choice,choice",
)
rows_are_long_enough = declare(
    "STR112",
    "rows_are_long_enough",
    "No row has fewer cells than the header.",
    message="the row has {observed} cells, but expected {expected}",
    hint="Add the missing cells in {file}; an empty cell still needs its comma.",
    example="unga-61-174,CHN under a header of three columns.",
)
rows_are_short_enough = declare(
    "STR113",
    "rows_are_short_enough",
    "No row has more cells than the header.",
    message="the row has {observed} cells, but expected {expected}",
    hint="Put a cell that holds a comma into double quotes in {file}, or add the column the header lacks.",
    example="A title with a comma in it and no quotes.",
)
lines_are_not_blank = declare(
    "STR114",
    "lines_are_not_blank",
    "No line is blank.",
    message="the line is blank",
    hint="Delete the blank line from {file}.",
    example="An empty line between two rows.",
)
quotes_are_closed = declare(
    "STR115",
    "quotes_are_closed",
    "Every quote that opens a cell is closed.",
    message="the quote that opens this cell is never closed",
    hint="Close the quote at the end of the cell in {file}; double a quote that belongs to the text.",
    example='unga-61-174,"Situation of human rights',
)
closing_quotes_end_the_cell = declare(
    "STR116",
    "closing_quotes_end_the_cell",
    "Nothing follows the quote that closes a cell.",
    message="text follows the quote that closes this cell",
    hint="Double a quote that belongs to the text of {file}.",
    example='"the "so-called" report"',
)
quotes_open_the_cell = declare(
    "STR117",
    "quotes_open_the_cell",
    "A cell that holds a quote is quoted as a whole.",
    message="the cell holds a quote but does not start with one",
    hint="Put the whole cell into quotes in {file} and double the quote inside.",
    example='the "so-called" report',
)
cells_are_not_huge = declare(
    "STR118",
    "cells_are_not_huge",
    f"No cell has more than {MAX_CELL:,} characters.",
    message="the cell has {observed} characters, but expected at most {expected}",
    hint="Look for a quote that is not closed in {file}; split a text that really is this long.",
    example="A lost quote that swallows the rest of the file.",
)
cells_are_separated_by_commas = declare(
    "STR122",
    "cells_are_separated_by_commas",
    "The cells of a line are separated by commas.",
    message="the cells are separated by {separator}, but expected commas",
    hint="Save {file} as CSV with commas; other dialects are not read.",
    example="vote_id;state_id;choice",
)
