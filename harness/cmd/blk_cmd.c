/* SPDX-License-Identifier: MIT
 *
 * ringtrue blk: one transfer between a file and a disk image, or a discard,
 * zeroes or an erase of some of its sectors, through driver, ring and device,
 * under the eyes of the judge.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_info.h"
#include "blk_job.h"
#include "commands.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "options.h"
#include "rig.h"
#include "setup.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 4096u

enum { OPT_SECTOR = RIG_KEY_OWN, OPT_COUNT, OPT_FILE };

static const struct rig_option option_list[] = {
    {RIG_KEY_IMAGE, "image", "FILE", "disk image behind the device"},
    {OPT_SECTOR, "sector", "N", "first sector of 512 bytes (default 0)"},
    {OPT_COUNT, "count", "N", "sectors (read: default to the end)"},
    {OPT_FILE, "file", "FILE",
     "read: where to write to (default stdout); "
     "write: what to write (default stdin)"},
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {.key = RIG_KEY_FAULT},
    {0},
};

static int do_info(struct rig_blk_job *job)
{
    uint8_t id[21] = "";
    struct rig_seg seg = {job->chunk[0], 20};
    struct rig_request r = {
        .op = {.code = RIG_OP_BLK_ID, .seg = &seg, .seg_count = 1}};

    rig_run(&job->rig, &r, 1);
    job->requests++;
    if (r.done && !r.result)
        memcpy(id, job->chunk[0], 20);
    rig_blk_print_info(stdout, job->setup.image, (const char *)id, &job->info);
    return 0;
}

/* ---- segments ---- */

/* One range, the sectors asked for; the driver cuts it as the device wants. */
static int do_range(struct rig_blk_job *job, enum rig_op_code code)
{
    struct rig_request request = {.op = {.code = code, .range_count = 1}};
    struct rig_request flush = {.op = {.code = RIG_OP_BLK_FLUSH}};
    struct rig_range range = {0};
    int usage, run;

    if (!job->count)
        return rig_complain("blk", "%s: --count N is needed", job->verb);
    usage = rig_blk_range_check(job, job->count);
    if (usage)
        return usage;
    if (!(job->dut->op_mask >> code & 1))
        return rig_blk_fail(job, "the subject has no such operation");
    range.sector = job->sector;
    range.sectors = job->count;
    request.op.range = &range;
    job->requests++;
    run = rig_run(&job->rig, &request, 1);
    if (!request.done || request.result)
        return rig_blk_fail(
            job, rgt_err_name(request.result ? request.result : run));
    if (job->info.flush)
        rig_run(&job->rig, &flush, 1);
    return flush.result ? rig_blk_fail(job, "flush failed") : 0;
}

static int do_discard(struct rig_blk_job *job)
{
    return do_range(job, RIG_OP_BLK_DISCARD);
}

static int do_zero(struct rig_blk_job *job)
{
    return do_range(job, RIG_OP_BLK_WRITE_ZEROES);
}

static int do_erase(struct rig_blk_job *job)
{
    return do_range(job, RIG_OP_BLK_SECURE_ERASE);
}

/* ---- around them ---- */

static const struct verb {
    const char *name;
    int (*run)(struct rig_blk_job *job);
    bool writes;
    const char *knows; /* of --sector, --count and --file, the initials */
} verbs[] = {
    {"read", rig_blk_read, false, "scf"}, {"write", rig_blk_write, true, "sf"},
    {"info", do_info, false, ""},         {"discard", do_discard, true, "sc"},
    {"zero", do_zero, true, "sc"},        {"erase", do_erase, true, "sc"},
};

#define VERBS "read, write, info, discard, zero or erase"

/* A disk with all that there is; discarded sectors read as zeroes. */
static const char device_text[] =
    "{\"features\": [\"VERSION_1\", \"INDIRECT_DESC\", \"EVENT_IDX\","
    " \"SEG_MAX\", \"FLUSH\", \"GEOMETRY\", \"BLK_SIZE\", \"TOPOLOGY\","
    " \"CONFIG_WCE\", \"MQ\", \"DISCARD\", \"WRITE_ZEROES\", \"LIFETIME\","
    " \"SECURE_ERASE\"], \"discard\": \"zero\", \"max_discard_sectors\": 65536,"
    " \"max_write_zeroes_sectors\": 65536,"
    " \"max_secure_erase_sectors\": 65536}";

static int plug_in(struct rig_blk_job *job, bool writes)
{
    struct rig_machine_setup machine = {
        .sched = (enum fake_sched_kind)job->setup.sched,
        .memory = (enum fake_mem_mode)job->setup.memory,
        .seed = job->setup.seed,
        .faults = job->setup.fault,
        .fault_count = job->setup.fault_count,
        .image = job->setup.image,
        .image_writable = writes,
        .log = true,
        .log_room = LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    json_t *device = json_loads(device_text, 0, NULL);
    char err[512];
    int code;

    job->dut = &rig_dut_ringtrue;
    if (job->setup.subject == RIG_SUBJECT_SO &&
        rig_so_open(job->setup.so_path, &job->dut, err, sizeof(err)))
        code = rig_complain("blk", "--dut '%s': %s", job->setup.so_path, err);
    else if (rig_start(&job->rig, &machine, device, job->dut, err, sizeof(err)))
        code = rig_complain("blk", "--image: %s", err);
    else
        code = 0;
    json_decref(device);
    if (code)
        return code;
    code = rig_open(&job->rig, UINT64_MAX, 0);
    if (code)
        return rig_blk_fail(job, rgt_err_name(code));
    if (!job->dut->blk_info || job->dut->blk_info(job->rig.self, &job->info))
        return rig_blk_fail(job, "the subject cannot tell the capacity");
    for (unsigned k = 0; k < RIG_BLK_CHUNKS; k++) {
        job->chunk[k] =
            rig_take(&job->rig, RIG_BLK_CHUNK_SECTORS * RIG_BLK_SECTOR_BYTES);
        if (!job->chunk[k])
            return rig_blk_fail(job, "no memory for buffers");
    }
    return 0;
}

/* One line on stderr; broken clauses are listed and are a failure. */
static int sum_up(struct rig_blk_job *job)
{
    const struct fake_violation *list;
    size_t n;

    rig_stop(&job->rig);
    n = fake_judge_violations(job->rig.machine->judge, &list);
    fprintf(stderr,
            "ringtrue: blk %s: %" PRIu64 " request%s, %" PRIu64
            " events, %zu clause%s broken\n",
            job->verb, job->requests, job->requests == 1 ? "" : "s",
            job->rig.machine->log.count, n, n == 1 ? "" : "s");
    for (size_t k = 0; k < n; k++)
        fprintf(stderr, "  %s: expected %s; seen %s\n", list[k].clause,
                list[k].expected, list[k].seen);
    return n ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}

static int run(struct rig_blk_job *job, const struct verb *verb)
{
    int code = plug_in(job, verb->writes);

    if (!code)
        code = verb->run(job);
    if (!code)
        code = sum_up(job);
    else if (job->rig.machine)
        rig_stop(&job->rig);
    rig_free(&job->rig);
    return code;
}

/* What a verb has no use for would be taken to mean something. */
static int check_known(const struct verb *verb, unsigned given)
{
    for (const struct rig_option *o = option_list; o->key; o++)
        if (o->key >= OPT_SECTOR && given >> (o->key - OPT_SECTOR) & 1 &&
            !strchr(verb->knows, o->name[0]))
            return rig_complain("blk", "%s does not know --%s", verb->name,
                                o->name);
    return 0;
}

static int take_option(struct rig_blk_job *job, struct rig_options *o, int key)
{
    switch (key) {
    case OPT_SECTOR:
        return rig_options_number(o, 0, INT64_MAX, &job->sector);
    case OPT_COUNT:
        return rig_options_number(o, 1, INT64_MAX, &job->count);
    default:
        job->file = o->value;
        return 0;
    }
}

static int check(struct rig_blk_job *job, const struct verb *verb)
{
    if (!job->setup.image)
        return rig_complain("blk", "%s: --image FILE is needed", verb->name);
    if (job->setup.subject == RIG_SUBJECT_LIAR)
        return rig_complain("blk", "--dut liar moves no data");
    return rig_setup_check("blk", &job->setup);
}

int cmd_blk(int argc, char **argv)
{
    struct rig_options o = {
        .command = "blk",
        .usage = "read|write|info|discard|zero|erase --image FILE [OPTION...]",
        .about = "One transfer through driver, ring and device on a disk "
                 "image. `read` copies sectors to a file, `write` copies a "
                 "file into the image and flushes it, `info` says what the "
                 "driver learned of the device. `discard`, `zero` and `erase` "
                 "send requests of that kind for --count sectors; all three "
                 "leave zeroes in the image.",
        .more = "exit codes:\n"
                "   0  done, and no clause was broken\n"
                "   1  the transfer failed, or a clause was broken\n"
                "   2  wrong usage or image; nothing was done\n",
        .list = option_list,
    };
    struct rig_blk_job job = {0};
    const struct verb *verb = NULL;
    unsigned given = 0; /* a bit for each option of our own */
    int key, code;

    rig_setup_init(&job.setup);
    o.setup = &job.setup;
    while ((key = rig_options_next(&o, argc, argv)) > 0) {
        given |= 1u << (key - OPT_SECTOR);
        if (take_option(&job, &o, key))
            return o.exit_code;
    }
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc)
        return rig_complain("blk",
                            "expected " VERBS " (try 'ringtrue blk --help')");
    for (unsigned k = 0; k < sizeof(verbs) / sizeof(verbs[0]); k++)
        if (strcmp(verbs[k].name, argv[o.first]) == 0)
            verb = &verbs[k];
    if (!verb)
        return rig_complain("blk", "expected " VERBS ", found '%s'",
                            argv[o.first]);
    if (o.first + 1 < argc)
        return rig_complain("blk", "unexpected argument '%s'",
                            argv[o.first + 1]);
    job.verb = verb->name;
    code = check_known(verb, given);
    if (!code)
        code = check(&job, verb);
    return code ? code : run(&job, verb);
}
