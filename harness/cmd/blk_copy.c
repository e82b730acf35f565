/* SPDX-License-Identifier: MIT
 *
 * blk_copy.c: transfers between a file and a disk image.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_job.h"
#include "file.h"

int rig_blk_fail(const struct rig_blk_job *job, const char *what)
{
    rig_complain("blk", "%s: %s", job->verb, what);
    return RIG_EXIT_FAIL;
}

/* ---- transfers ---- */

/* Moves `sectors` sectors at `at`, at most RIG_BLK_CHUNKS *
 * RIG_BLK_CHUNK_SECTORS, between disk and the chunks. Returns 0 or the code of
 * the first request that failed. */
static int transfer(struct rig_blk_job *job, enum rig_op_code code, uint64_t at,
                    uint64_t sectors)
{
    struct rig_request request[RIG_BLK_CHUNKS];
    struct rig_seg seg[RIG_BLK_CHUNKS];
    unsigned n = 0;
    int run;

    memset(request, 0, sizeof(request));
    for (; sectors; n++) {
        uint64_t some =
            sectors < RIG_BLK_CHUNK_SECTORS ? sectors : RIG_BLK_CHUNK_SECTORS;

        seg[n] = (struct rig_seg){job->chunk[n],
                                  (uint32_t)(some * RIG_BLK_SECTOR_BYTES)};
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
    return left < RIG_BLK_CHUNKS * RIG_BLK_CHUNK_SECTORS
               ? left
               : RIG_BLK_CHUNKS * RIG_BLK_CHUNK_SECTORS;
}

int rig_blk_range_check(const struct rig_blk_job *job, uint64_t count)
{
    char text[160];

    if (job->sector <= job->info.capacity &&
        count <= job->info.capacity - job->sector)
        return 0;
    snprintf(text, sizeof(text),
             "sectors %" PRIu64 " to %" PRIu64 " do not fit into %" PRIu64,
             job->sector, job->sector + count, job->info.capacity);
    rig_blk_fail(job, text);
    return RIG_EXIT_USAGE;
}

static int read_all(struct rig_blk_job *job, FILE *out)
{
    uint64_t left = job->count;
    uint64_t at = job->sector;

    while (left) {
        uint64_t some = turn_sectors(left);
        int code = transfer(job, RIG_OP_BLK_READ, at, some);

        if (code)
            return rig_blk_fail(job, rgt_err_name(code));
        for (uint64_t k = 0; k < some; k += RIG_BLK_CHUNK_SECTORS) {
            uint64_t n = some - k < RIG_BLK_CHUNK_SECTORS
                             ? some - k
                             : RIG_BLK_CHUNK_SECTORS;

            fwrite(job->chunk[k / RIG_BLK_CHUNK_SECTORS], RIG_BLK_SECTOR_BYTES,
                   (size_t)n, out);
        }
        at += some;
        left -= some;
    }
    return 0;
}

int rig_blk_read(struct rig_blk_job *job)
{
    struct rig_out out = {0};
    char err[512];
    int code;

    if (job->count == 0 && job->sector <= job->info.capacity)
        job->count = job->info.capacity - job->sector;
    code = rig_blk_range_check(job, job->count);
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
        code = rig_blk_fail(job, err);
    return code;
}

/* All of the input, before the first sector is written: a write that cannot
 * be done as a whole does nothing. */
static uint8_t *slurp(struct rig_blk_job *job, FILE *in, uint64_t *bytes)
{
    uint64_t room = (job->info.capacity + 1) * RIG_BLK_SECTOR_BYTES;
    uint8_t *data = malloc(room);

    if (data)
        *bytes = fread(data, 1, room, in);
    return data;
}

static int write_all(struct rig_blk_job *job, const uint8_t *data,
                     uint64_t sectors)
{
    struct rig_request flush = {.op = {.code = RIG_OP_BLK_FLUSH}};
    uint64_t at = job->sector;

    while (sectors) {
        uint64_t some = turn_sectors(sectors);
        int code;

        for (uint64_t k = 0; k < some; k += RIG_BLK_CHUNK_SECTORS) {
            uint64_t n = some - k < RIG_BLK_CHUNK_SECTORS
                             ? some - k
                             : RIG_BLK_CHUNK_SECTORS;

            memcpy(job->chunk[k / RIG_BLK_CHUNK_SECTORS],
                   data + k * RIG_BLK_SECTOR_BYTES, n * RIG_BLK_SECTOR_BYTES);
        }
        code = transfer(job, RIG_OP_BLK_WRITE, at, some);
        if (code)
            return rig_blk_fail(job, rgt_err_name(code));
        data += some * RIG_BLK_SECTOR_BYTES;
        at += some;
        sectors -= some;
    }
    if (!job->info.flush)
        return 0;
    rig_run(&job->rig, &flush, 1);
    return flush.done && !flush.result ? 0 : rig_blk_fail(job, "flush failed");
}

int rig_blk_write(struct rig_blk_job *job)
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
        return rig_blk_fail(job, "out of memory");
    job->count = bytes / RIG_BLK_SECTOR_BYTES;
    if (bytes == 0)
        code = rig_complain("blk", "write: input is empty");
    else if (bytes % RIG_BLK_SECTOR_BYTES)
        code = rig_complain(
            "blk", "write: input of %" PRIu64 " bytes is not a multiple of 512",
            bytes);
    else
        code = rig_blk_range_check(job, job->count);
    if (!code)
        code = write_all(job, data, job->count);
    free(data);
    return code;
}
