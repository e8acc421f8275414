#include "base/columns.h"

static void pad(struct text *text, size_t column)
{
    while (text->length < column)
        text_byte(text, ' ');
}

/* Takes as many words off `rest` as fit into `room` bytes, and at least one. */
static struct span words_take(struct span *rest, size_t room)
{
    struct span all = *rest;
    struct span words = span_split(rest, ' ');

    while (rest->at) {
        struct span before = *rest;
        struct span next = span_split(rest, ' ');
        size_t length = (size_t)(next.at - all.at) + next.length;
        if (length > room) {
            *rest = before;
            break;
        }
        words.length = length;
    }
    return words;
}

void columns_row(struct span left, size_t column, struct span right, void (*line)(struct span line))
{
    char room[COLUMNS_LINE];
    struct text text = TEXT_ON(room);

    text_span(&text, left);
    if (text.length >= column) {
        line(text_as_span(&text));
        text_clear(&text);
    }
    while (right.length > 0) {
        pad(&text, column);
        text_span(&text, words_take(&right, COLUMNS_WIDTH - column));
        line(text_as_span(&text));
        text_clear(&text);
    }
    if (text.length > 0)
        line(text_as_span(&text));
}
