/* SPDX-License-Identifier: MIT
 *
 * result.h: what became of a case.
 */
#ifndef RIG_RESULT_H
#define RIG_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* X(enum and name, does it fail the run?) */
#define RIG_VERDICTS(X)                                                        \
    X(PASS, "every check held")                                                \
    X(FAIL, "a MUST was broken, or an operation went wrong")                   \
    X(WARN, "a SHOULD was broken")                                             \
    X(SKIP, "not applicable to this subject")                                  \
    X(CRASH, "the subject died by a signal or a sanitizer")                    \
    X(HUNG, "the subject did not come back within the deadline")               \
    X(ERROR, "the bench itself failed")

enum rig_verdict {
#define RIG_VERDICT_ENUM(name, text) RIG_##name,
    RIG_VERDICTS(RIG_VERDICT_ENUM)
#undef RIG_VERDICT_ENUM
        RIG_VERDICT_COUNT
};

/* Exit codes of `ringtrue run`. */
enum rig_exit {
    RIG_EXIT_PASS = 0,
    RIG_EXIT_FAIL = 1,  /* the subject does not conform */
    RIG_EXIT_USAGE = 2, /* usage, bad vector, bad image, bad .so */
    RIG_EXIT_BENCH = 3, /* the bench broke */
    RIG_EXIT_SKIP = 77, /* everything was skipped */
};

/* One thing that went wrong. */
struct rig_failure {
    char clause[40];    /* id, or "" when no clause stands behind it */
    char expected[320]; /* expectation */
    char seen[640];
    uint64_t event; /* number in the event log, UINT64_MAX: none */
    uint64_t times;
};

#define RIG_FAILURES_MAX 32

struct rig_result {
    enum rig_verdict verdict;
    char reason[320]; /* SKIP, CRASH, HUNG, ERROR: why, in one line */
    struct rig_failure failure[RIG_FAILURES_MAX];
    unsigned failure_count;
    json_t *applied; /* object clause id -> times put to the test, or NULL */
    json_t *score;   /* of its recovery (score.h), or NULL */
    uint64_t event_count;
    double ms;
    char *output; /* tail of what the child printed, or NULL */
};

const char *rig_verdict_name(enum rig_verdict v);

/* For the pipe between child and parent. from_json returns 0 or -1. */
json_t *rig_result_to_json(const struct rig_result *r);
int rig_result_from_json(struct rig_result *r, const json_t *j);
void rig_result_free(struct rig_result *r);

#endif
