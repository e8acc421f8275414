#ifndef BASE_REPORT_H
#define BASE_REPORT_H

/* The one place that prints. Messages go to stderr, results (of check, which, config, explain, --help) to stdout: one
 * write(2) a line, so that lines of several processes don't mix.
 *
 * Nothing that happens to an output is an error: a reader that is gone (EPIPE; SIGPIPE is the caller's to block), a full
 * disk, a descriptor that was closed from the start (then nothing is ever written to that number, which another file may
 * have by now). A descriptor that would block, because it was made non-blocking, is waited for at most a second a line; and
 * one that blocks may do so, until report_hurry().
 * Never prints a variable's value by itself: what a finding holds is its check's choice.
 */

#include "base/environment.h"
#include "base/findings.h"
#include "base/render.h"

enum report_format { REPORT_TEXT, REPORT_JSON };
enum report_level { REPORT_QUIET, REPORT_NORMAL, REPORT_VERBOSE };
enum report_target { REPORT_MESSAGES, REPORT_RESULTS };
/* Which messages a level lets through: errors always, lines unless quiet, the trail of decisions if verbose. */
enum report_kind { REPORT_ERROR, REPORT_LINE, REPORT_TRAIL };

/* Where Kubernetes reads why a container ended (terminationMessagePath's default), and how much of it. */
#define REPORT_TERMINATION_LOG "/dev/termination-log"
enum { REPORT_TERMINATION_MOST = 4096 };

/* Before this nothing is coloured or in JSON. NO_COLOR, FORCE_COLOR and TERM=dumb are read from the environment (not
 * NULL; only during the call); an output is coloured by itself when it is a terminal. */
void report_open(enum report_format format, enum report_level level, const struct environment *environment);
/* From now on each message that is an error goes to that file, too, as findings do by report_termination(). The path must stay. */
void report_keep_errors(const char *path);
/* From now on others wait for us, and a full pipe that nobody reads must not hold us: after a second without room lines are left
 * out, until there is room again, and then how many is said. What another process writes between our look and our line may
 * still hold us, until somebody reads. */
void report_hurry(void);
enum report_format report_format(void);
bool report_is_verbose(void);
bool report_is_coloured(enum report_target target);

/* The findings from `first` on, errors before warnings, the most fundamental first; a line of its own for what was lost.
 * Quiet: errors only. Notes to REPORT_MESSAGES only when verbose, or in JSON. */
void report_findings(const struct findings *findings, unsigned first, enum report_target target);
/* One message in one line; control bytes in it are made visible. */
void report_say(enum report_kind kind, struct span message);
/* The parts, up to a NULL, as one message. */
void report_say_parts(enum report_kind kind, ...) __attribute__((sentinel));
/* A line of a result, its bytes as they are. */
void report_result(struct span line);
void report_result_parts(const char *first, ...) __attribute__((sentinel));
/* A JSON line of a result. */
void report_result_values(const struct named_value *values, unsigned count);
/* Writes the errors from `first` on to the file, if it is a regular one that may be written; whole lines, at most
 * REPORT_TERMINATION_MOST bytes. Nothing without errors. True if written. */
bool report_termination(const char *path, const struct findings *findings, unsigned first);

#endif
