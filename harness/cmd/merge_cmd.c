/* SPDX-License-Identifier: MIT
 *
 * ringtrue merge: the results of several machines as those of one.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "explore_print.h"
#include "file.h"
#include "merge.h"
#include "options.h"

enum { OPT_OUT = RIG_KEY_OWN };

static const struct rig_option option_list[] = {
    {OPT_OUT, "out", "FILE", "write them as one result file"},
    {0},
};

static const struct rig_options options = {
    .command = "merge",
    .usage = "FILE... [--out FILE]",
    .about = "Joins the result files that 'ringtrue explore --out' has written "
             "on several machines, each with its --shard, and tells what was "
             "run twice, what is missing, and whether the builds differ. A "
             "line that was cut off is left out.",
    .more = "exit codes:\n"
            "   0  all seeds of the range were run, none failed\n"
            "   1  some failed\n"
            "   2  wrong usage, no result file, or runs that do not belong "
            "together\n"
            "   3  seeds are missing, or the file was not written\n",
    .list = option_list,
};

static int complain(const char *err)
{
    return rig_complain("merge", "%s", err);
}

static void print_builds(const json_t *builds)
{
    const json_t *build;
    size_t k;

    if (json_array_size(builds) < 2)
        return;
    printf("%zu different builds took part:\n", json_array_size(builds));
    json_array_foreach(builds, k, build)
    {
        printf("  %s, %s\n", json_string_value(json_object_get(build, "tool")),
               json_string_value(json_object_get(build, "build")));
    }
}

static void print_failures(const json_t *failures)
{
    const json_t *line;
    size_t k;

    json_array_foreach(failures, k, line)
    {
        rig_explore_print_failure(line, NULL);
    }
}

static void print_what_is_odd(const struct rig_merge *m)
{
    if (m->cut)
        printf("%u %s cut off\n", m->cut,
               m->cut == 1 ? "line is" : "lines are");
    if (m->twice)
        printf("%llu seeds were run more than once\n",
               (unsigned long long)m->twice);
    if (m->unlike)
        printf("%llu pieces of those came out otherwise the second time\n",
               (unsigned long long)m->unlike);
    if (m->missing)
        printf("%llu seeds of %llu..%llu are missing, the first is %llu\n",
               (unsigned long long)m->missing, (unsigned long long)m->first,
               (unsigned long long)m->last, (unsigned long long)m->gap);
}

static void print(const struct rig_merge *m)
{
    const char *device = json_string_value(json_object_get(m->run, "device"));
    const char *faults = json_string_value(json_object_get(m->run, "faults"));
    const struct rig_menu menu = {
        .faults = faults ? faults : "all",
        .blk = !device || strcmp(device, "snd") != 0,
        .snd = !device || strcmp(device, "blk") != 0,
    };

    print_failures(m->failures);
    print_builds(m->builds);
    print_what_is_odd(m);
    rig_explore_print_tally(&menu, &m->tally, -1, m->missing == 0);
}

static int write_out(const struct rig_merge *m, const char *path)
{
    struct rig_out out = {0};
    char err[512];

    if (!path)
        return 0;
    if (rig_out_open(&out, path, err, sizeof(err)) == 0) {
        rig_merge_write(m, out.stream);
        if (rig_out_commit(&out, err, sizeof(err)) == 0)
            return 0;
    }
    complain(err);
    return RIG_EXIT_BENCH;
}

static int merge(struct rig_merge *m, char *const *paths, size_t count,
                 const char *out)
{
    char err[1024];
    int rc;

    for (size_t k = 0; k < count; k++)
        if (rig_merge_read(m, paths[k], err, sizeof(err)))
            return complain(err);
    if (rig_merge_finish(m, err, sizeof(err)))
        return complain(err);
    rc = write_out(m, out);
    if (rc)
        return rc;
    print(m);
    if (m->tally.failures)
        return RIG_EXIT_FAIL;
    return m->missing ? RIG_EXIT_BENCH : RIG_EXIT_PASS;
}

int cmd_merge(int argc, char **argv)
{
    struct rig_options o = options;
    struct rig_merge m = {0};
    const char *out = NULL;
    int key, rc;

    while ((key = rig_options_next(&o, argc, argv)) > 0)
        out = o.value;
    if (key < 0)
        return o.exit_code;
    if (o.first == argc)
        return rig_complain("merge", "expected result files");
    rc = merge(&m, argv + o.first, (size_t)(argc - o.first), out);
    rig_merge_free(&m);
    return rc;
}
