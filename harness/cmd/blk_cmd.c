/* SPDX-License-Identifier: MIT
 *
 * ringtrue blk: one transfer between a file and a disk image, or a discard,
 * zeroes or an erase of some of its sectors, through driver, ring and device,
 * under the eyes of the judge.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_info.h"
#include "commands.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "file.h"
#include "options.h"
#include "rig.h"
#include "setup.h"

#define SECTOR_BYTES 512u
#define CHUNK_SECTORS 256u /* of one request: 128 KiB */
#define CHUNKS 16u         /* requests in flight */
#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 4096u

struct job {
    struct rig_setup setup;
    const char *verb;
    const char *file; /* to write to or read from; NULL: stdout, stdin */
    uint64_t sector;
    uint64_t count; /* 0: to the end */
    const struct rig_dut *dut;
    struct rig rig;
    struct rig_blk_info info;
    uint8_t *chunk[CHUNKS];
    uint64_t requests;
};

enum { OPT_SECTOR = RIG_KEY_OWN, OPT_COUNT, OPT_FILE };

static const struct rig_option option_list[] = {
    {.key = RIG_KEY_IMAGE},
    {OPT_SECTOR, "sector", "N", "first sector of 512 bytes (default 0)"},
    {OPT_COUNT, "count", "N", "sectors (read: default to the end)"},
    {OPT_FILE, "file", "FILE",
     "read: where to write to (default stdout); "
     "write: what to write (default stdin)"},
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {0},
};

static int fail(const struct job *job, const char *what)
{
    rig_complain("blk", "%s: %s", job->verb, what);
    return RIG_EXIT_FAIL;
}

/* ---- transfers ---- */

/* Moves `sectors` sectors at `at`, at most CHUNKS * CHUNK_SECTORS, between
 * disk and the chunks. Returns 0 or the code of the first request that
 * failed. */
static int transfer(struct job *job, enum rig_op_code code, uint64_t at,
                    uint64_t sectors)
{
    struct rig_request request[CHUNKS];
    struct rig_seg seg[CHUNKS];
    unsigned n = 0;
    int run;

    memset(request, 0, sizeof(request));
    for (; sectors; n++) {
        uint64_t some = sectors < CHUNK_SECTORS ? sectors : CHUNK_SECTORS;

        seg[n] =
            (struct rig_seg){job->chunk[n], (uint32_t)(some * SECTOR_BYTES)};
        request[n].op = (struct rig_op){
            .code = code, .sector = at, .seg = &seg[n], .seg_count = 1};
        at += some;
        sectors -= some;
    }
    job->requests += n;
    run = rig_run(&job->rig, request, n);
    for (unsigned k = 0; k < n; k++)
        if (!request[k].done || request[k].result)
            return request[k].result ? request[k].result : run;
    return 0;
}

static uint64_t turn_sectors(uint64_t left)
{
    return left < CHUNKS * CHUNK_SECTORS ? left : CHUNKS * CHUNK_SECTORS;
}

static int range_check(const struct job *job, uint64_t count)
{
    char text[160];

    if (job->sector <= job->info.capacity &&
        count <= job->info.capacity - job->sector)
        return 0;
    snprintf(text, sizeof(text),
             "sectors %" PRIu64 " to %" PRIu64 " do not fit into %" PRIu64,
             job->sector, job->sector + count, job->info.capacity);
    fail(job, text);
    return RIG_EXIT_USAGE;
}

static int read_all(struct job *job, FILE *out)
{
    uint64_t left = job->count;
    uint64_t at = job->sector;

    while (left) {
        uint64_t some = turn_sectors(left);
        int code = transfer(job, RIG_OP_BLK_READ, at, some);

        if (code)
            return fail(job, rgt_err_name(code));
        for (uint64_t k = 0; k < some; k += CHUNK_SECTORS) {
            uint64_t n = some - k < CHUNK_SECTORS ? some - k : CHUNK_SECTORS;

            fwrite(job->chunk[k / CHUNK_SECTORS], SECTOR_BYTES, (size_t)n, out);
        }
        at += some;
        left -= some;
    }
    return 0;
}

static int do_read(struct job *job)
{
    struct rig_out out = {0};
    char err[512];
    int code;

    if (job->count == 0 && job->sector <= job->info.capacity)
        job->count = job->info.capacity - job->sector;
    code = range_check(job, job->count);
    if (code)
        return code;
    if (!job->file)
        return read_all(job, stdout);
    if (rig_out_open(&out, job->file, err, sizeof(err)))
        return rig_complain("blk", "read: cannot write %s", err);
    code = read_all(job, out.stream);
    if (code)
        rig_out_abandon(&out);
    else if (rig_out_commit(&out, err, sizeof(err)))
        code = fail(job, err);
    return code;
}

/* All of the input, before the first sector is written: a write that cannot
 * be done as a whole does nothing. */
static uint8_t *slurp(struct job *job, FILE *in, uint64_t *bytes)
{
    uint64_t room = (job->info.capacity + 1) * SECTOR_BYTES;
    uint8_t *data = malloc(room);

    if (data)
        *bytes = fread(data, 1, room, in);
    return data;
}

static int write_all(struct job *job, const uint8_t *data, uint64_t sectors)
{
    struct rig_request flush = {.op = {.code = RIG_OP_BLK_FLUSH}};
    uint64_t at = job->sector;

    while (sectors) {
        uint64_t some = turn_sectors(sectors);
        int code;

        for (uint64_t k = 0; k < some; k += CHUNK_SECTORS) {
            uint64_t n = some - k < CHUNK_SECTORS ? some - k : CHUNK_SECTORS;

            memcpy(job->chunk[k / CHUNK_SECTORS], data + k * SECTOR_BYTES,
                   n * SECTOR_BYTES);
        }
        code = transfer(job, RIG_OP_BLK_WRITE, at, some);
        if (code)
            return fail(job, rgt_err_name(code));
        data += some * SECTOR_BYTES;
        at += some;
        sectors -= some;
    }
    if (!job->info.flush)
        return 0;
    rig_run(&job->rig, &flush, 1);
    return flush.done && !flush.result ? 0 : fail(job, "flush failed");
}

static int do_write(struct job *job)
{
    FILE *in = job->file ? fopen(job->file, "rb") : stdin;
    uint64_t bytes = 0;
    uint8_t *data;
    int code;

    if (!in)
        return rig_complain("blk", "write: %s: %s", job->file, strerror(errno));
    data = slurp(job, in, &bytes);
    if (job->file)
        fclose(in);
    if (!data)
        return fail(job, "out of memory");
    job->count = bytes / SECTOR_BYTES;
    if (bytes == 0)
        code = rig_complain("blk", "write: input is empty");
    else if (bytes % SECTOR_BYTES)
        code = rig_complain(
            "blk", "write: input of %" PRIu64 " bytes is not a multiple of 512",
            bytes);
    else
        code = range_check(job, job->count);
    if (!code)
        code = write_all(job, data, job->count);
    free(data);
    return code;
}

static int do_info(struct job *job)
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
static int do_range(struct job *job, enum rig_op_code code)
{
    struct rig_request request = {.op = {.code = code, .range_count = 1}};
    struct rig_request flush = {.op = {.code = RIG_OP_BLK_FLUSH}};
    struct rig_range range = {0};
    int usage, run;

    if (!job->count)
        return rig_complain("blk", "%s: --count N is needed", job->verb);
    usage = range_check(job, job->count);
    if (usage)
        return usage;
    if (!(job->dut->op_mask >> code & 1))
        return fail(job, "the subject has no such operation");
    range.sector = job->sector;
    range.sectors = job->count;
    request.op.range = &range;
    job->requests++;
    run = rig_run(&job->rig, &request, 1);
    if (!request.done || request.result)
        return fail(job, rgt_err_name(request.result ? request.result : run));
    if (job->info.flush)
        rig_run(&job->rig, &flush, 1);
    return flush.result ? fail(job, "flush failed") : 0;
}

static int do_discard(struct job *job)
{
    return do_range(job, RIG_OP_BLK_DISCARD);
}

static int do_zero(struct job *job)
{
    return do_range(job, RIG_OP_BLK_WRITE_ZEROES);
}

static int do_erase(struct job *job)
{
    return do_range(job, RIG_OP_BLK_SECURE_ERASE);
}

/* ---- around them ---- */

static const struct verb {
    const char *name;
    int (*run)(struct job *job);
    bool writes;
} verbs[] = {
    {"read", do_read, false}, {"write", do_write, true},
    {"info", do_info, false}, {"discard", do_discard, true},
    {"zero", do_zero, true},  {"erase", do_erase, true},
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

static int plug_in(struct job *job, bool writes)
{
    struct rig_machine_setup machine = {
        .sched = (enum fake_sched_kind)job->setup.sched,
        .memory = (enum fake_mem_mode)job->setup.memory,
        .seed = job->setup.seed,
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
        return fail(job, rgt_err_name(code));
    if (!job->dut->blk_info || job->dut->blk_info(job->rig.self, &job->info))
        return fail(job, "the subject cannot tell the capacity");
    for (unsigned k = 0; k < CHUNKS; k++) {
        job->chunk[k] = rig_take(&job->rig, CHUNK_SECTORS * SECTOR_BYTES);
        if (!job->chunk[k])
            return fail(job, "no memory for buffers");
    }
    return 0;
}

/* One line on stderr; broken clauses are listed and are a failure. */
static int sum_up(struct job *job)
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

static int run(struct job *job, const struct verb *verb)
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

static int take_option(struct job *job, struct rig_options *o, int key)
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

static int check(struct job *job, const struct verb *verb)
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
    struct job job = {0};
    const struct verb *verb = NULL;
    int key, code;

    rig_setup_init(&job.setup);
    o.setup = &job.setup;
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&job, &o, key))
            return o.exit_code;
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
    code = check(&job, verb);
    return code ? code : run(&job, verb);
}
