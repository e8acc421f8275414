#include "fuzz.h"

#include "facts/pyvenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size);
    struct pyvenv pyvenv;
    pyvenv_read(&pyvenv, all);
    const struct span spans[] = {pyvenv.home,    pyvenv.version, pyvenv.executable,
                                 pyvenv.command, pyvenv.prompt,  pyvenv.maker_version};
    for (size_t i = 0; i < ARRAY_LENGTH(spans); i++) {
        must_lie_in(spans[i], all);
        must(span_equal(span_trim(spans[i]), spans[i]));
    }
    must(pyvenv.has_home || pyvenv.home.length == 0);
    (void)pyvenv_maker_name(pyvenv.maker);
    return 0;
}
