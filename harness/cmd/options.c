/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakedev/arena.h"
#include "fakedev/sched.h"
#include "fault_plan.h"
#include "quiet.h"
#include "rig.h"
#include "text.h"

/* JSON integers are signed, and a seed stands in reports. */
#define SEED_MAX ((uint64_t)INT64_MAX)

#define OPTIONS_MAX 32
#define KEY_HELP 2000

static const struct rig_option shared[] = {
    {RIG_KEY_DUT, "dut", "ringtrue|liar|PATH.so",
     "the subject: our own driver, the script that breaks the rule, or a "
     "shared object (default ringtrue)"},
    {RIG_KEY_SCHED, "sched", "threads|step",
     "the device on a thread of its own in real time, or everything in "
     "virtual time, which replays exactly (default step)"},
    {RIG_KEY_SEED, "seed", "N", "seed of the step scheduler (default 1)"},
    {RIG_KEY_MEMORY, "memory", "direct|bounce|guarded",
     "whether the device sees lent buffers in place or as copies, or in place "
     "and the driver cannot touch them (default direct)"},
    {RIG_KEY_READING, "reading", "eager|lazy",
     "when a sound device reads what it plays: as soon as it is told, or "
     "frame by frame (default: as the case says)"},
    {RIG_KEY_IMAGE, "image", "FILE",
     "disk image behind the device; a run never changes it (default: memory)"},
    {RIG_KEY_FAULT, "fault", "NAME[=ARG][@WHEN]",
     "one more fault of the device; WHEN is N, N..M, N.. (occasions), /N "
     "(every Nth) or ~N[:SEED] (one in N); behind it may stand ,queue=N "
     ",type=NAME ,sectors=A..B ,stream=N ,after-open; may be repeated"},
    {RIG_KEY_STRICT, "strict", NULL, "a broken SHOULD is a failure, too"},
    {RIG_KEY_INSTRUMENT, "instrument", NULL,
     "show the subject, a shared object compiled with -fsanitize=thread and "
     "linked without it, the memory that a weakly ordered CPU would: stores "
     "as late and loads as early as its fences allow, by the seed (step mode)"},
    {0},
};

/* The whole of an option of which a command may have given only the key. */
static const struct rig_option *whole(const struct rig_option *option)
{
    const struct rig_option *s;

    for (s = shared; s->key && !option->name; s++)
        if (s->key == option->key)
            return s;
    return option;
}

int rig_complain(const char *command, const char *format, ...)
{
    char line[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    fprintf(rig_err(), "ringtrue: %s%s", command ? command : "",
            command ? ": " : "");
    rig_text_plain(rig_err(), line);
    fputc('\n', rig_err());
    return RIG_EXIT_USAGE;
}

void rig_setup_init(struct rig_setup *setup)
{
    memset(setup, 0, sizeof(*setup));
    setup->subject = RIG_SUBJECT_RINGTRUE;
    setup->dut = "ringtrue";
    setup->sched = FAKE_SCHED_STEP;
    setup->memory = FAKE_MEM_DIRECT;
    setup->seed = 1;
}

/* --- help ---------------------------------------------------------- */

static void print_option(const char *name, const char *value, const char *help)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s%s%s", name, value ? " " : "",
             value ? value : "");
    if (strlen(left) > 20)
        printf("  %s\n%24s", left, "");
    else
        printf("  %-20s  ", left);
    rig_text_wrap(stdout, help, 24, 79);
}

static void print_help(const struct rig_options *o)
{
    const struct rig_option *option, *all;

    printf("usage: ringtrue %s %s\n\n", o->command, o->usage);
    rig_text_wrap(stdout, o->about, 0, 79);
    printf("\noptions:\n");
    for (option = o->list; option->key; option++) {
        all = whole(option);
        print_option(all->name, all->value, all->help);
    }
    print_option("help", NULL, "print this");
    if (o->more)
        printf("\n%s", o->more);
}

/* --- values -------------------------------------------------------- */

static int fail(struct rig_options *o)
{
    o->exit_code = RIG_EXIT_USAGE;
    return -1;
}

int rig_options_number(struct rig_options *o, uint64_t min, uint64_t max,
                       uint64_t *number)
{
    const char *s = o->value;
    char *end = NULL;

    errno = 0;
    *number = strtoull(s, &end, 10);
    if (*s >= '0' && *s <= '9' && *end == '\0' && errno == 0 &&
        *number >= min && *number <= max)
        return 0;
    rig_complain(o->command,
                 "--%s: expected a number from %llu to %llu, found '%s'",
                 o->name, (unsigned long long)min, (unsigned long long)max, s);
    return fail(o);
}

int rig_options_time(struct rig_options *o, const char *unit, unsigned unit_ms,
                     uint64_t *ms)
{
    static const double least = 0.01, most = 86400;
    const char *s = o->value;
    char *end = NULL;
    double time = strtod(s, &end);

    if (*s && s[strspn(s, "0123456789.")] == '\0' && *end == '\0' &&
        time >= least && time <= most) {
        *ms = (uint64_t)(time * unit_ms + 0.5);
        return 0;
    }
    rig_complain(o->command, "--%s: expected %s from %g to %g, found '%s'",
                 o->name, unit, least, most, s);
    return fail(o);
}

int rig_options_seconds(struct rig_options *o, uint64_t *ms)
{
    return rig_options_time(o, "seconds", 1000, ms);
}

/* One of two words: returns 0 or 1, or -1 after an error. */
static int choose(struct rig_options *o, const char *first, const char *second)
{
    if (strcmp(o->value, first) == 0)
        return 0;
    if (strcmp(o->value, second) == 0)
        return 1;
    rig_complain(o->command, "--%s: expected %s or %s, found '%s'", o->name,
                 first, second, o->value);
    return fail(o);
}

/* The same of any words, the last being NULL. */
static int choose_word(struct rig_options *o, const char *const *words,
                       const char *expected)
{
    for (int k = 0; words[k]; k++)
        if (strcmp(o->value, words[k]) == 0)
            return k;
    rig_complain(o->command, "--%s: expected %s, found '%s'", o->name, expected,
                 o->value);
    return fail(o);
}

static void set_dut(struct rig_setup *setup, const char *value)
{
    setup->dut = value;
    setup->so_path = NULL;
    if (strcmp(value, "ringtrue") == 0) {
        setup->subject = RIG_SUBJECT_RINGTRUE;
    } else if (strcmp(value, "liar") == 0) {
        setup->subject = RIG_SUBJECT_LIAR;
    } else {
        setup->subject = RIG_SUBJECT_SO;
        setup->so_path = value;
    }
}

static int add_fault(struct rig_options *o)
{
    struct rig_setup *setup = o->setup;
    unsigned k = setup->fault_count;
    char err[256];

    if (k == FAKE_FAULT_PLAN_MAX) {
        rig_complain(o->command, "--fault: at most %d of them",
                     FAKE_FAULT_PLAN_MAX);
        return fail(o);
    }
    if (rig_fault_from_text(o->value, &setup->fault[k], err, sizeof(err))) {
        rig_complain(o->command, "--fault %s: %s", o->value, err);
        return fail(o);
    }
    setup->fault_text[k] = o->value;
    setup->fault_count++;
    return 0;
}

/* By enum fake_mem_mode. */
static const char *const memories[] = {"direct", "bounce", "guarded", NULL};

/* Returns 0 if done, -1 after an error. */
static int set_shared(struct rig_options *o, int key)
{
    struct rig_setup *setup = o->setup;
    int choice = 0;

    switch (key) {
    case RIG_KEY_DUT:
        set_dut(setup, o->value);
        break;
    case RIG_KEY_SCHED:
        choice = choose(o, "threads", "step");
        setup->sched_given = true;
        setup->sched = choice ? FAKE_SCHED_STEP : FAKE_SCHED_THREADS;
        break;
    case RIG_KEY_SEED:
        return rig_options_number(o, 0, SEED_MAX, &setup->seed);
    case RIG_KEY_MEMORY:
        choice = choose_word(o, memories, "direct, bounce or guarded");
        setup->memory_given = true;
        setup->memory = choice < 0 ? FAKE_MEM_DIRECT : choice;
        break;
    case RIG_KEY_READING:
        choice = choose(o, "eager", "lazy");
        setup->reading = choice ? RIG_READING_LAZY : RIG_READING_EAGER;
        break;
    case RIG_KEY_IMAGE:
        setup->image = o->value;
        break;
    case RIG_KEY_FAULT:
        return add_fault(o);
    case RIG_KEY_INSTRUMENT:
        setup->instrument = true;
        break;
    default:
        setup->strict = true;
    }
    return choice < 0 ? -1 : 0;
}

/* --- parsing ------------------------------------------------------- */

/* "[one|other]" */
static bool is_optional(const char *value)
{
    return value && *value == '[';
}

static int argument_of(const char *value)
{
    if (is_optional(value))
        return optional_argument;
    return value ? required_argument : no_argument;
}

static void to_getopt(const struct rig_options *o, struct option *list)
{
    size_t k;

    for (k = 0; o->list[k].key && k < OPTIONS_MAX; k++) {
        const struct rig_option *all = whole(&o->list[k]);

        list[k].name = all->name;
        list[k].has_arg = argument_of(all->value);
        list[k].flag = NULL;
        list[k].val = all->key;
    }
    list[k++] = (struct option){"help", no_argument, NULL, KEY_HELP};
    list[k] = (struct option){NULL, 0, NULL, 0};
}

/* NULL for --help. */
static const struct rig_option *option_of(const struct rig_options *o, int key)
{
    const struct rig_option *option;

    for (option = o->list; option->key; option++)
        if (option->key == key)
            return whole(option);
    return NULL;
}

static const char *name_of(const struct rig_options *o, int key)
{
    const struct rig_option *option = option_of(o, key);

    return option ? option->name : "help";
}

/* Is word one of "[one|other]"? */
static bool is_one_of(const char *words, const char *word)
{
    size_t bytes = strlen(word);

    for (words++; *words; words += strcspn(words, "|]") + 1)
        if (strcspn(words, "|]") == bytes && strncmp(words, word, bytes) == 0)
            return true;
    return false;
}

/* An optional value is the next argument if that is one of its words; getopt
 * itself takes only what stands behind a '='. */
static int take_optional(struct rig_options *o, const struct rig_option *option,
                         int argc, char **argv)
{
    if (o->value) {
        if (is_one_of(option->value, o->value))
            return 0;
        rig_complain(o->command, "--%s: expected %.*s, found '%s'",
                     option->name, (int)strlen(option->value) - 2,
                     option->value + 1, o->value);
        return fail(o);
    }
    if (optind < argc && is_one_of(option->value, argv[optind]))
        o->value = argv[optind++];
    o->first = optind;
    return 0;
}

/* getopt says '?' for a letter, for a word, and for a value too many; optopt
 * tells them apart. */
static int fail_unknown(struct rig_options *o, const char *word)
{
    if (optopt >= RIG_KEY_OWN)
        rig_complain(o->command, "--%s takes no value", name_of(o, optopt));
    else if (optopt > 0)
        rig_complain(o->command,
                     "unknown option '-%c' (try 'ringtrue %s --help')", optopt,
                     o->command);
    else
        rig_complain(o->command,
                     "unknown option '%.*s' (try 'ringtrue %s --help')",
                     (int)strcspn(word, "="), word, o->command);
    return fail(o);
}

int rig_options_next(struct rig_options *o, int argc, char **argv)
{
    struct option list[OPTIONS_MAX + 2];
    const struct rig_option *option;
    int key;

    to_getopt(o, list);
    opterr = 0;
    for (;;) {
        key = getopt_long(argc, argv, ":h", list, NULL);
        o->first = optind;
        o->value = optarg;
        o->name = name_of(o, key);
        if (key == -1)
            return 0;
        if (key == KEY_HELP || key == 'h') {
            print_help(o);
            o->exit_code = RIG_EXIT_PASS;
            return -1;
        }
        if (key == ':') {
            rig_complain(o->command, "--%s needs a value", name_of(o, optopt));
            return fail(o);
        }
        if (key == '?')
            return fail_unknown(o, argv[optind - 1]);
        option = option_of(o, key);
        if (option && is_optional(option->value) &&
            take_optional(o, option, argc, argv))
            return -1;
        if (key < RIG_KEY_DUT)
            return key;
        if (set_shared(o, key))
            return -1;
    }
}
