#ifndef FACTS_SCRIPT_LINE_H
#define FACTS_SCRIPT_LINE_H

/* The `#!` line as the kernel reads it (fs/binfmt_script.c, Linux 5.1 and later): from the file's first 256 bytes, the
 * interpreter up to a blank, a tab or the end of the line, and all the rest of the line as one argument. A carriage
 * return is a byte like any other, and so becomes a part of the last word.
 *
 * Spans lie in the given bytes. Any bytes may be given; no system call is made.
 */

#include "base/text.h"

enum { SCRIPT_HEAD = 256, SCRIPT_INTERPRETER_MOST = 253 };

struct script_line {
    struct span interpreter; /* empty: there is none, or it is too long */
    struct span argument;    /* empty: there is none */
    /* What does the work in the end: the interpreter; or the name that `env` looks for in PATH; or the Python that a
     * script of pip or uv starts by its second line, where a path is too long or has a blank: '''exec' PATH "$0" "$@".
     * Empty where env's argument is more than this reads (quoting, variables), or can't be run at all. */
    struct span program;
    bool too_long;        /* the interpreter's end is not in the first 256 bytes: the kernel says ENOEXEC */
    bool argument_cut;    /* the argument doesn't end there: the kernel passes what it has */
    bool carriage_return; /* the line ends in CR LF */
    bool by_env;          /* the interpreter is some folder's `env` */
    bool by_env_unsplit;  /* env is given several words without -S: it looks for one program of that whole name */
    bool by_shell;        /* the second line's exec, see `program` */
};

/* `head`: the beginning, at least SCRIPT_HEAD bytes or the whole file; more is used for the second line only.
 * False where it doesn't begin with `#!`. */
bool script_line_read(struct script_line *line, struct span head);

#endif
