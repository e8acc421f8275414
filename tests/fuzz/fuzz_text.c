#include "fuzz.h"

/* The first byte is the size of the buffer, the second one splits the rest in two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct span all = fuzz_span(data + 2, size - 2);
    struct span a = span_first(all, data[1]), b = span_from(all, data[1]);
    char buffer[256];
    struct text text = text_on(buffer, data[0] + 1U);
    text_visible(&text, a);
    for (size_t i = 0; i < text.length; i++)
        must((unsigned char)buffer[i] >= ' ' && buffer[i] != 0x7F);
    text_shell_word(&text, b);
    must(text.length <= data[0] && buffer[text.length] == '\0');
    must_lie_in(span_trim(all), all);
    must_lie_in(span_folder(all), all);
    must_lie_in(span_base_name(all), all);
    must(span_distance(a, b) == span_distance(b, a));
    uint64_t number = 0;
    must(!span_number(all, 1000, &number) || number <= 1000);
    must(!span_octal(all, 07777, &number) || number <= 07777);
    must(!span_hex(all, 0xFF, &number) || number <= 0xFF);
    return 0;
}
