#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

/* Two columns for --help and for lists: what something is called, and what it is, broken at blanks to fit a terminal. */

#include "base/text.h"

enum { COLUMNS_WIDTH = 100, COLUMNS_LINE = 512 };

/* Calls `line` for each line, without newline. The right column begins at `column`, or on a line of its own when the left
 * text needs more. A word that is longer than the column is wide is not broken; a line holds COLUMNS_LINE - 1 bytes. */
void columns_row(struct span left, size_t column, struct span right, void (*line)(struct span line));

#endif
