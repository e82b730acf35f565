/* SPDX-License-Identifier: MIT
 *
 * ringtrue replay: a failure out of its capsule, once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capsule.h"
#include "commands.h"
#include "explore_print.h"
#include "isolate.h"
#include "options.h"
#include "setup.h"

#define DEADLINE_MS 10000u
#define LOG_ROOM ((size_t)1 << 20)
#define LINE_ROOM 512

struct replay {
    struct rig_setup setup;
    struct rig_data data;
    const char *path;
    bool dut_given;
    uint64_t deadline_ms;
    json_t *capsule;
};

enum { OPT_DEADLINE = RIG_KEY_OWN };

static const struct rig_option option_list[] = {
    {.key = RIG_KEY_DUT},
    {OPT_DEADLINE, "deadline", "SECONDS",
     "a run that takes longer in real time is killed and HUNG (default 10)"},
    {0},
};

static const struct rig_options options = {
    .command = "replay",
    .usage = "CAPSULE.json [--dut ...]",
    .about = "Runs the trial of a capsule, which 'ringtrue explore' has "
             "written, and compares the event log with that of the capsule, "
             "byte for byte. The driver is that of the capsule, by the path "
             "that stands there, or the one given.",
    .more = "exit codes:\n"
            "   0  the same event log and the same verdict\n"
            "   1  not the same: what differs first, and both verdicts\n"
            "   2  wrong usage, capsule or shared object\n"
            "   3  the bench itself failed\n",
    .list = option_list,
};

/* ---- comparing ---- */

static int differ(const char *what, size_t number, const char *then,
                  const char *now)
{
    printf("%s %zu differs: capsule %s, now %s\n", what, number, then, now);
    return RIG_EXIT_FAIL;
}

/* Returns 0, or exit code 1 after one line. */
static int compare_events(const json_t *then, FILE *now)
{
    size_t count = json_array_size(then);
    char line[LINE_ROOM];

    rewind(now);
    for (size_t k = 0;; k++) {
        const char *old = json_string_value(json_array_get(then, k));
        bool there = fgets(line, sizeof(line), now);

        if (there)
            line[strcspn(line, "\n")] = '\0';
        if (!there && k >= count)
            return 0;
        if (!there || k >= count || strcmp(old, line) != 0)
            return differ("event", k, k < count ? old : "ends before it",
                          there ? line : "the log ends before it");
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int compare_verdict(const json_t *then, const struct rig_finding *f)
{
    const char *verdict = rig_verdict_name(f->verdict);

    if (strcmp(text_of(then, "verdict"), verdict) == 0 &&
        strcmp(text_of(then, "law"), f->law) == 0 &&
        strcmp(text_of(then, "seen"), f->seen) == 0)
        return 0;
    printf("verdict differs: capsule %s, %s: %s; now %s%s%s%s%s\n",
           text_of(then, "verdict"), text_of(then, "law"),
           text_of(then, "seen"), verdict, *f->law ? ", " : "", f->law,
           *f->seen ? ": " : "", f->seen);
    return RIG_EXIT_FAIL;
}

/* Whoever has mended a driver wants to know whether that was it. */
static void print_verdicts(const json_t *then, const struct rig_finding *f)
{
    printf("verdict %s, %s; now %s%s%s\n", text_of(then, "verdict"),
           text_of(then, "law"), rig_verdict_name(f->verdict),
           *f->law ? ", " : "", f->law);
}

static void print_same(const struct replay *r, const struct rig_finding *f)
{
    const json_t *events = json_object_get(r->capsule, "events");

    printf("same: %zu events; %s, %s%s%s\n", json_array_size(events),
           rig_verdict_name(f->verdict), f->law, *f->op ? " of " : "", f->op);
    printf("    expected %s\n    seen     %s\n", f->expected, f->seen);
}

static int compare(const struct replay *r, FILE *events,
                   const struct rig_finding *f)
{
    const json_t *then = json_object_get(r->capsule, "verdict");
    int rc = compare_events(json_object_get(r->capsule, "events"), events);

    if (rc == 0)
        rc = compare_verdict(then, f);
    else
        print_verdicts(then, f);
    if (rc == 0)
        print_same(r, f);
    return rc;
}

/* ---- running ---- */

static int run(struct replay *r, const struct rig_dut *dut)
{
    struct rig_trial trial =
        rig_trial_from_json(json_object_get(r->capsule, "trial"));
    struct rig_stage stage = {.dut = dut,
                              .catalogue = &r->data.catalogue,
                              .log = true,
                              .log_room = LOG_ROOM,
                              .events = tmpfile()};
    struct rig_finding finding;
    int rc;

    if (!stage.events) {
        rig_trial_free(&trial);
        rig_complain("replay", "no room for an event log");
        return RIG_EXIT_BENCH;
    }
    rig_play_isolated(&stage, &trial, r->deadline_ms, &finding);
    rc = compare(r, stage.events, &finding);
    fclose(stage.events);
    rig_trial_free(&trial);
    return rc;
}

/* The driver that stands in the capsule, unless another one was given. */
static void choose_subject(struct replay *r)
{
    const char *dut = text_of(json_object_get(r->capsule, "subject"), "dut");

    if (r->dut_given || strcmp(dut, "ringtrue") == 0)
        return;
    r->setup.dut = r->setup.so_path = dut;
    r->setup.subject = RIG_SUBJECT_SO;
}

static int replay(struct replay *r)
{
    const struct rig_dut *dut;
    char err[2048];
    int rc;

    r->capsule =
        rig_capsule_read(r->path, r->data.vectors.schema, err, sizeof(err));
    if (!r->capsule)
        return rig_complain("replay", "%s", err);
    choose_subject(r);
    rc = rig_subject_load("replay", &r->setup, &dut);
    return rc ? rc : run(r, dut);
}

/* ---- options ---- */

static bool is_dut(const char *word)
{
    return strcmp(word, "--dut") == 0 || strncmp(word, "--dut=", 6) == 0;
}

/* Returns -1, or what to exit with. */
static int parse(struct replay *r, int argc, char **argv)
{
    struct rig_options o = options;
    int key;

    rig_setup_init(&r->setup);
    o.setup = &r->setup;
    r->deadline_ms = DEADLINE_MS;
    for (int k = 1; k < argc; k++)
        r->dut_given |= is_dut(argv[k]);
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (rig_options_seconds(&o, &r->deadline_ms))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (argc - o.first != 1)
        return rig_complain("replay", "expected one capsule");
    if (r->setup.subject == RIG_SUBJECT_LIAR)
        return rig_complain("replay", "--dut: a driver, not the liar");
    r->path = argv[o.first];
    return -1;
}

int cmd_replay(int argc, char **argv)
{
    struct replay r = {0};
    int rc = parse(&r, argc, argv);

    if (rc >= 0)
        return rc;
    rc = rig_data_load("replay", &r.data);
    if (rc)
        return rc;
    rc = replay(&r);
    json_decref(r.capsule);
    rig_data_free(&r.data);
    return rc;
}
