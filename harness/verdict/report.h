/* SPDX-License-Identifier: MIT
 *
 * report.h: what became of a run, for people (terminal) and for machines
 * (JSON, JUnit). All three tell the same: clause, expectation, what was seen,
 * and the command that replays it.
 */
#ifndef RIG_REPORT_H
#define RIG_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "case.h"
#include "matrix.h"

/* --deadline unless given. */
#define RIG_DEADLINE_MS 10000

/* What is kept of a result: cases that pass need little. */
struct rig_outcome {
    const struct rig_vector *vector;
    struct rig_combo combo;
    uint64_t seed;
    bool done; /* false: not run, or not to its end */
    enum rig_verdict verdict;
    char *reason; /* NULL: none */
    struct rig_failure *failure;
    unsigned failure_count;
    json_t *applied; /* NULL: not kept */
    json_t *score;   /* NULL: none */
    uint64_t event_count;
    double ms;
    char *output; /* NULL: none */
};

struct rig_report {
    /* how it was run */
    const struct rig_setup *setup; /* seed: that of the first repetition */
    uint64_t deadline_ms;
    uint64_t repeat;
    unsigned jobs;
    enum rig_matrix matrix;
    size_t vectors;    /* how many different ones are in the list */
    bool keep_applied; /* in each outcome, not only in the sum */
    /* what came of it */
    struct rig_outcome *list;
    size_t count, done;
    size_t tally[RIG_VERDICT_COUNT];
    json_t *applied; /* clause id -> times put to the test, over all cases */
    uint64_t event_count;
    double seconds;
    int ended_by; /* signal number, or 0 */
};

/* Room for count outcomes. Returns 0, or -1 without memory. */
int rig_report_init(struct rig_report *r, size_t count);
void rig_report_free(struct rig_report *r);

/* Takes over what matters of the result of case k. */
void rig_report_keep(struct rig_report *r, size_t k, struct rig_result *result);

/* enum rig_exit, or 128 + signal number. */
int rig_report_exit_code(const struct rig_report *r);

/* The clause that a case is filed under: its first. */
const struct rig_clause *rig_report_clause(const struct rig_report *r,
                                           const struct rig_outcome *o);

/* Catalogue entry of a clause id, or NULL. */
const struct rig_clause *rig_report_find(const struct rig_report *r,
                                         const char *id);

/* The command line that runs this case again, for a shell. */
void rig_report_replay(const struct rig_report *r, const struct rig_outcome *o,
                       char *to, size_t room);

/* The id of the case, with its combination. */
void rig_report_case_id(const struct rig_outcome *o, char *to, size_t room);

/* Is it listed among what went wrong? */
bool rig_outcome_is_bad(const struct rig_outcome *o);

/* "60 cases: 58 pass, 2 fail"; "900 combinations of 60 cases: ..." */
void rig_report_summary(const struct rig_report *r, char *to, size_t room);

/* "by recover: returned yes, in_time yes, memory no, io yes", of an outcome
 * with a score. */
void rig_report_score(const struct rig_outcome *o, char *to, size_t room);

/* How many have a score, and how many of these recovered. */
size_t rig_report_scored(const struct rig_report *r, size_t *recovered);

/* Table, failures, summary; at most 80 columns but for replay commands. */
void rig_report_print(const struct rig_report *r, FILE *out, bool colour);

/* Format "ringtrue-report-1". */
void rig_report_json(const struct rig_report *r, FILE *out);

/* Format "ringtrue-results-1": JSON Lines that are written as the run goes on
 * (lines.h). {"begin": how it is run, and how many cases there will be};
 * {"case": as in the report} for each, in the order in which they end; {"end":
 * counts}, which a run that was killed has not. New objects. */
json_t *rig_report_begin(const struct rig_report *r);
json_t *rig_report_case(const struct rig_report *r,
                        const struct rig_outcome *o); /* the case alone */
json_t *rig_report_end(const struct rig_report *r);

/* JUnit's XML: FAIL, CRASH and HUNG are failures, ERROR is an error, SKIP is
 * skipped, WARN passes with a word on system-out. */
void rig_report_junit(const struct rig_report *r, FILE *out);

#endif
