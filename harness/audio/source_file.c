/* SPDX-License-Identifier: MIT
 *
 * source_file.c: a sound file, once, and silence behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sound_file.h"
#include "source_kind.h"

struct source_file {
    struct rig_source base;
    struct rig_sound_file file;
    bool at_end;
};

static struct rig_source *file_open(const char *arg, char *err, size_t room)
{
    struct source_file *sf = calloc(1, sizeof(*sf));

    if (!arg || !*arg) {
        snprintf(err, room, "file needs a path: file:PATH");
    } else if (!sf) {
        snprintf(err, room, "file: out of memory");
    } else if (rig_sound_open(&sf->file, arg, err, room) == 0) {
        sf->base.wish.rate_hz = sf->file.rate_hz;
        sf->base.wish.channels = sf->file.channels;
        sf->base.wish.format = sf->file.format;
        sf->base.wish.frames = sf->file.frames;
        sf->base.path = sf->file.path;
        return &sf->base;
    }
    free(sf);
    return NULL;
}

static int file_prepare(struct rig_source *s, const struct fake_pcm *pcm,
                        char *err, size_t room)
{
    const struct rig_sound_file *f = &((struct source_file *)s)->file;

    if (pcm->rate_hz == f->rate_hz && pcm->channels == f->channels)
        return 0;
    snprintf(err, room, "%s: has %u channels at %u Hz, the stream %u at %u Hz",
             f->path, f->channels, f->rate_hz, pcm->channels, pcm->rate_hz);
    return -1;
}

static int file_start(struct rig_source *s, bool anew)
{
    char err[RIG_SOURCE_ERR];

    (void)anew;
    if (file_prepare(s, &s->pcm, err, sizeof(err)))
        return rig_source_fail(s, "%s", err);
    return 0;
}

static int file_read(struct rig_source *s, void *data, size_t bytes)
{
    struct source_file *sf = (struct source_file *)s;
    char err[RIG_SOURCE_ERR];
    long n = 0;

    if (!sf->at_end)
        n = rig_sound_read(&sf->file, s->pcm.format, data, bytes, err,
                           sizeof(err));
    if (n < 0)
        return rig_source_fail(s, "%s", err);
    if ((size_t)n < bytes) {
        sf->at_end = true;
        rig_pcm_silence(s->pcm.format, (uint8_t *)data + n, bytes - (size_t)n);
    }
    return 0;
}

static void file_stop(struct rig_source *s)
{
    (void)s;
}

static void file_close(struct rig_source *s)
{
    rig_sound_close(&((struct source_file *)s)->file);
}

const struct rig_source_kind rig_source_kind_file = {
    .name = "file",
    .open = file_open,
    .prepare = file_prepare,
    .start = file_start,
    .read = file_read,
    .stop = file_stop,
    .close = file_close,
    .samples_only = true,
};
