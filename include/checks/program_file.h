#ifndef CHECKS_PROGRAM_FILE_H
#define CHECKS_PROGRAM_FILE_H

/* Judges a file that is to be started, as execve(2) would: a regular file, on a mount that allows programs, with an x bit
 * for the identity, and of a format that this kernel starts; of a script its first line too.
 *
 * A refusal is what the kernel would say. A program for another machine is a warning only, because an emulator may be
 * registered (binfmt_misc). The libraries of a program are not looked at here.
 */

#include "checks/scene.h"
#include "facts/program.h"

struct program_file {
    struct program program; /* its spans lie in `head` */
    bool other_machine;     /* a finding warns */
    uint64_t size;
    size_t length;
    char head[PROGRAM_HEAD];
};

/* `trace` is the walk to the file, which reached its end. False: a finding says why it can't be started. */
bool program_file_judge(const struct scene *scene, const struct candidate *candidate, const struct trace *trace,
                        struct program_file *file);

/* What a file is that is no program or library: "empty", "a damaged ELF file" ... */
const char *program_file_damage(const struct program *program);

#endif
