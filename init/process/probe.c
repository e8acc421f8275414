#include "process/probe.h"

#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MARKER_BYTES = 8,
    MARKER_MOST = 2 * MARKER_BYTES + 1,
    SLICE_MILLISECONDS = 20,
    ERRNO_MOST = 4095,
    WORDS_MOST = 8 + PROBE_NAMES
};

/* What is asked for first is asked without the application's folder, as `python -P -m uvicorn` finds uvicorn. The answer
 * is the last thing that happens: no atexit handler can print behind it. */
static const char code[] = "import sys, os\n"
                           "from importlib.util import find_spec\n"
                           "def ask(name):\n"
                           "    try:\n"
                           "        return '01'[find_spec(name) is not None]\n"
                           "    except BaseException:\n"
                           "        return '?'\n"
                           "words = sys.argv\n"
                           "answer = ask(words[2])\n"
                           "sys.path.insert(0, words[3])\n"
                           "answer += ''.join(map(ask, words[4:]))\n"
                           "line = '%s %s %d\\n' % (words[1], answer, sys.version_info[1])\n"
                           "sys.stdout.flush()\n"
                           "os.write(1, line.encode())\n"
                           "os._exit(0)\n";

struct asking {
    const struct probe_question *question;
    struct probe_answer *answer;
    char marker[MARKER_MOST];
    const char *words[WORDS_MOST];
    pid_t pid;
    int output;
};

static void set_words(struct asking *asking)
{
    const struct probe_question *question = asking->question;
    unsigned count = 0;
    asking->words[count++] = question->python;
    if (question->safe_path)
        asking->words[count++] = "-P";
    asking->words[count++] = "-c";
    asking->words[count++] = code;
    asking->words[count++] = asking->marker;
    asking->words[count++] = question->server;
    asking->words[count++] = question->app_dir;
    for (unsigned i = 0; i < question->name_count; i++)
        asking->words[count++] = question->names[i];
    asking->words[count] = NULL;
}

static bool make_marker(struct asking *asking)
{
    uint64_t random;
    struct text text = TEXT_ON(asking->marker);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return false;
    text_hex(&text, random | UINT64_C(1) << 63); /* always 16 digits */
    return true;
}

/* In the child, instead of an answer: "MARKER !8", the errno of execve. */
static void answer_error(const struct asking *asking, int error)
{
    char buffer[2 * MARKER_MOST];
    struct text line = TEXT_ON(buffer);
    text_join(&line, asking->marker, " !", NULL);
    text_signed(&line, error);
    text_byte(&line, '\n');
    ssize_t done = write(1, buffer, line.length);
    (void)done; /* then the parent learns of it by 127 and silence */
}

/* In the child. It stays in our working folder, as the server will: a folder that may not be entered again is still the one
 * that it works in. */
static _Noreturn void become(const struct asking *asking, const struct signal_state *given, int output)
{
    char *words[WORDS_MOST];
    memcpy(words, asking->words, sizeof words);
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, 0) < 0)
        close(0);
    if (dup2(output, 1) < 0 || dup2(output, 2) < 0 || !signals_restore(given))
        _exit(127);
    execve(asking->question->python, words, asking->question->envp);
    answer_error(asking, errno);
    _exit(127);
}

static bool start(struct asking *asking, const struct signal_state *given)
{
    int ends[2];
    if (!make_marker(asking) || pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return false;
    set_words(asking);
    asking->pid = fork();
    if (asking->pid == 0) {
        fcntl(ends[1], F_SETFL, 0);
        become(asking, given, ends[1]);
    }
    int error = errno;
    close(ends[1]);
    asking->output = ends[0];
    if (asking->pid > 0) {
        setpgid(asking->pid, asking->pid); /* the child does it too: whoever comes first */
        return true;
    }
    close(ends[0]);
    errno = error;
    return false;
}

/* Keeps the end of what comes: the answer is there. */
static void keep(struct probe_answer *answer, const char *bytes, size_t length)
{
    size_t room = sizeof answer->says - 1;
    if (length > room) {
        bytes += length - room;
        length = room;
    }
    size_t kept = answer->says_length + length > room ? room - length : answer->says_length;
    memmove(answer->says, answer->says + answer->says_length - kept, kept);
    memcpy(answer->says + kept, bytes, length);
    answer->says_length = kept + length;
    answer->says[answer->says_length] = '\0';
}

/* Takes what is there. False at the end of the output. */
static bool drain(const struct asking *asking)
{
    char bytes[1024];
    for (;;) {
        ssize_t got = read(asking->output, bytes, sizeof bytes);
        if (got > 0)
            keep(asking->answer, bytes, (size_t)got);
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
        else if (errno == EAGAIN)
            return true;
    }
}

/* A grandchild may hold the pipe open, so the end of the child counts too. */
static bool has_ended(const struct asking *asking)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)asking->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

static enum probe_outcome listen_to(const struct asking *asking)
{
    int64_t deadline = system_milliseconds() + PROBE_MILLISECONDS;
    bool more = true;
    while (more && !has_ended(asking)) {
        if (signals_pending() & asking->question->stops)
            return PROBE_STOPPED;
        if (system_milliseconds() >= deadline)
            return PROBE_TIMED_OUT;
        struct pollfd wanted = {.fd = asking->output, .events = POLLIN};
        if (poll(&wanted, 1, SLICE_MILLISECONDS) > 0)
            more = drain(asking);
    }
    while (!has_ended(asking)) {
        if (system_milliseconds() >= deadline)
            return PROBE_TIMED_OUT;
        poll(NULL, 0, 1);
    }
    drain(asking);
    return PROBE_BROKEN;
}

static enum probe_found found(char byte)
{
    return byte == '1' ? PROBE_FOUND : byte == '0' ? PROBE_MISSING : PROBE_UNSURE;
}

/* What stands behind the marker: true if the line is there and whole. */
static bool find_answer(const struct asking *asking, struct span *line)
{
    size_t where;
    struct span says = {asking->answer->says, asking->answer->says_length};
    if (!span_find(says, asking->marker, &where))
        return false;
    struct span rest = span_from(says, where + strlen(asking->marker) + 1);
    *line = span_split(&rest, '\n');
    return rest.at != NULL;
}

/* "101 13", the digits for what was asked and the minor version; or "!8". What is neither is no answer. */
static enum probe_outcome read_answer(const struct asking *asking)
{
    struct probe_answer *answer = asking->answer;
    struct span line;
    uint64_t number;
    if (!find_answer(asking, &line))
        return PROBE_BROKEN;
    struct span digits = span_split(&line, ' ');
    if (span_starts(digits, "!") && span_number(span_from(digits, 1), ERRNO_MOST, &number)) {
        answer->error = (int)number;
        answer->says_length = 0; /* it printed nothing */
        return PROBE_NOT_STARTED;
    }
    if (digits.length != 1 + asking->question->name_count || !span_number(line, 999, &number))
        return PROBE_BROKEN;
    answer->server = found(digits.at[0]);
    for (unsigned i = 0; i < asking->question->name_count; i++)
        answer->names[i] = found(digits.at[1 + i]);
    answer->minor = (unsigned)number;
    return PROBE_ANSWERED;
}

void probe_ask(const struct probe_question *question, const struct signal_state *given, struct probe_answer *answer)
{
    struct asking asking = {.question = question, .answer = answer};
    memset(answer, 0, sizeof *answer);
    if (!start(&asking, given)) {
        answer->outcome = PROBE_NOT_STARTED;
        answer->error = errno;
        return;
    }
    answer->outcome = listen_to(&asking);
    kill(-asking.pid, SIGKILL);
    kill(asking.pid, SIGKILL); /* it may have no group of its own, and wouldn't end */
    while (waitpid(asking.pid, &answer->status, 0) < 0 && errno == EINTR)
        ;
    close(asking.output);
    if (answer->outcome == PROBE_BROKEN)
        answer->outcome = read_answer(&asking);
}
