/* SPDX-License-Identifier: MIT
 *
 * options.h: command lines. A command lists its options; those that most
 * commands share (--dut and friends) are ready to be listed, and fill a
 * struct rig_setup. Whatever is wrong with a command line is one line on
 * stderr, "ringtrue: COMMAND: ...", and exit code 2.
 *
 *     enum { OPT_JSON = RIG_KEY_OWN };
 *     static const struct rig_option list[] = {
 *         {.key = RIG_KEY_DUT},
 *         {OPT_JSON, "json", "FILE", "write a report as JSON"},
 *         {0}};
 *     struct rig_options o = {.command = "run", .list = list, ...};
 *     rig_setup_init(&setup);
 *     while ((key = rig_options_next(&o, argc, argv)) > 0)
 *         switch (key) { case OPT_JSON: json = o.value; break; }
 *     if (key < 0)
 *         return o.exit_code;
 *     ... argv[o.first] and following are not options ...
 */
#ifndef RIG_OPTIONS_H
#define RIG_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "case.h"

enum rig_key {
    RIG_KEY_OWN = 256, /* from here on free for commands */
    /* The shared options: a list needs nothing but their keys, and
     * rig_options_next handles them by itself. */
    RIG_KEY_DUT = 1000,
    RIG_KEY_SCHED,
    RIG_KEY_SEED,
    RIG_KEY_MEMORY,
    RIG_KEY_READING,
    RIG_KEY_IMAGE,
    RIG_KEY_FAULT,
    RIG_KEY_STRICT,
    RIG_KEY_INSTRUMENT,
};

struct rig_option {
    int key;           /* 0 ends a list */
    const char *name;  /* without "--" */
    const char *value; /* what to call its value in the help; NULL: none;
                          "[one|other]": one of these words, or nothing */
    const char *help;
};

struct rig_options {
    /* set by the command */
    const char *command; /* "run", "blk read" */
    const char *usage;   /* what follows the command: "[ID-PATTERN...]" */
    const char *about;   /* a paragraph for --help */
    const char *more;    /* behind the options in --help, as it is, or NULL */
    const struct rig_option *list; /* up to key 0 */
    struct rig_setup *setup; /* for the shared options; NULL: none listed */
    /* set by rig_options_next */
    const char *name;  /* of the option just found */
    const char *value; /* its value, or NULL */
    int first;         /* argv index of the first argument left over */
    int exit_code;     /* what to exit with after a negative key */
};

/* ringtrue, step, seed 1, direct, no image. */
void rig_setup_init(struct rig_setup *setup);

/* The key of the next option that the command has to deal with; 0: no more;
 * negative: done, exit with exit_code (--help was printed, or an error). */
int rig_options_next(struct rig_options *o, int argc, char **argv);

/* The value just found as a number in decimal. Returns 0, or -1 after the
 * error message; exit_code is set. */
int rig_options_number(struct rig_options *o, uint64_t min, uint64_t max,
                       uint64_t *number);

/* The same for a time in seconds, "2.5" for example, in milliseconds. */
int rig_options_seconds(struct rig_options *o, uint64_t *ms);

/* The same in another unit, of unit_ms milliseconds. */
int rig_options_time(struct rig_options *o, const char *unit, unsigned unit_ms,
                     uint64_t *ms);

/* Prints "ringtrue: COMMAND: ..." as one line on stderr. command may be NULL.
 * Returns RIG_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int rig_complain(const char *command,
                                                       const char *format, ...);

#endif
