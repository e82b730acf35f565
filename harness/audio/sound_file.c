/* SPDX-License-Identifier: MIT
 *
 * sound_file.c: see sound_file.h.
 */
#include "sound_file.h"

#include <errno.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sound_whole.h"

#define SCRATCH_SAMPLES 4096u

__attribute__((format(printf, 4, 5))) static int
fail(const struct rig_sound_file *f, char *err, size_t room, const char *text,
     ...)
{
    int n = snprintf(err, room, "%s: ", f->path ? f->path : "?");
    va_list args;

    va_start(args, text);
    if (n >= 0 && (size_t)n < room)
        vsnprintf(err + n, room - (size_t)n, text, args);
    va_end(args);
    return -1;
}

/* Returns the size, or -1. */
static int64_t look_at(struct rig_sound_file *f, const char *path, char *err,
                       size_t room)
{
    struct stat st;

    memset(f, 0, sizeof(*f));
    f->path = strdup(path);
    if (!f->path)
        return fail(f, err, room, "out of memory");
    if (stat(path, &st))
        return fail(f, err, room, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(f, err, room, "is no regular file");
    if (st.st_size == 0)
        return fail(f, err, room, "is empty");
    return st.st_size;
}

/* ---- open ---- */

static uint8_t format_of(int sf)
{
    switch (sf & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_DPCM_8:
        return VIRTIO_SND_PCM_FMT_S8;
    case SF_FORMAT_PCM_U8:
        return VIRTIO_SND_PCM_FMT_U8;
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_DWVW_24:
        return VIRTIO_SND_PCM_FMT_S24;
    case SF_FORMAT_ALAC_20:
        return VIRTIO_SND_PCM_FMT_S20;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_32:
        return VIRTIO_SND_PCM_FMT_S32;
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_VORBIS: /* lossy: decoded to floats */
    case SF_FORMAT_OPUS:
        return VIRTIO_SND_PCM_FMT_FLOAT;
    case SF_FORMAT_DOUBLE:
        return VIRTIO_SND_PCM_FMT_FLOAT64;
    case SF_FORMAT_ULAW:
        return VIRTIO_SND_PCM_FMT_MU_LAW;
    case SF_FORMAT_ALAW:
        return VIRTIO_SND_PCM_FMT_A_LAW;
    default:
        return VIRTIO_SND_PCM_FMT_S16;
    }
}

static int check_info(struct rig_sound_file *f, const SF_INFO *info, char *err,
                      size_t room)
{
    /* Of these libsndfile knows no more than the end of the name. */
    if ((info->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW)
        return fail(f, err, room, "no sound file: it has no header");
    if (info->frames <= 0)
        return fail(f, err, room, "holds no frame of sound");
    if (info->channels > 255)
        return fail(f, err, room, "has %d channels, at most 255 can be",
                    info->channels);
    f->rate_hz = (uint32_t)info->samplerate;
    f->channels = (uint8_t)info->channels;
    f->format = format_of(info->format);
    f->law = f->format == VIRTIO_SND_PCM_FMT_MU_LAW ||
             f->format == VIRTIO_SND_PCM_FMT_A_LAW;
    f->frames =
        info->frames == SF_COUNT_MAX ? UINT64_MAX : (uint64_t)info->frames;
    return 0;
}

int rig_sound_open(struct rig_sound_file *f, const char *path, char *err,
                   size_t room)
{
    SF_INFO info = {0};
    char why[200];
    int whole;

    if (look_at(f, path, err, room) < 0)
        goto failed;
    whole = rig_sound_whole(path, why, sizeof(why));
    if (whole < 0) {
        fail(f, err, room, "%s", why);
        goto failed;
    }
    f->samples = malloc(SCRATCH_SAMPLES * sizeof(double));
    if (!f->samples) {
        fail(f, err, room, "out of memory");
        goto failed;
    }
    f->snd = sf_open(path, SFM_READ, &info);
    if (!f->snd) {
        fail(f, err, room, "no sound file: %s", sf_strerror(NULL));
        err[strcspn(err, "\n")] = '\0';
        goto failed;
    }
    if (check_info(f, &info, err, room))
        goto failed;
    f->guessed =
        whole == 0 && (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
    return 0;
failed:
    rig_sound_close(f);
    return -1;
}

int rig_sound_open_raw(struct rig_sound_file *f, const char *path,
                       uint8_t format, uint32_t rate_hz, uint8_t channels,
                       char *err, size_t room)
{
    int64_t size = look_at(f, path, err, room);
    uint32_t frame_bytes = rig_pcm_frame_bytes(format, channels);

    if (size < 0)
        goto failed;
    f->raw = fopen(path, "rb");
    if (!f->raw) {
        fail(f, err, room, "%s", strerror(errno));
        goto failed;
    }
    if (frame_bytes && size % frame_bytes) {
        fail(f, err, room, "%lld bytes are no whole number of frames of %u",
             (long long)size, frame_bytes);
        goto failed;
    }
    f->rate_hz = rate_hz;
    f->channels = channels;
    f->format = format;
    f->frames = rig_pcm_frames(format, channels, (uint64_t)size);
    return 0;
failed:
    rig_sound_close(f);
    return -1;
}

void rig_sound_close(struct rig_sound_file *f)
{
    if (f->snd)
        sf_close(f->snd);
    if (f->raw)
        fclose(f->raw);
    free(f->samples);
    free(f->path);
    memset(f, 0, sizeof(*f));
}

/* ---- read ---- */

static bool little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1);
    return first == 1;
}

/* Frames that need no conversion, or -1 if they do. */
static sf_count_t read_plain(struct rig_sound_file *f, uint8_t format,
                             void *wire, sf_count_t frames)
{
    if (f->format != format)
        return -1;
    if (f->law) {
        sf_count_t n = sf_read_raw(f->snd, wire, frames * f->channels);

        return n < 0 ? 0 : n / f->channels;
    }
    if (format == VIRTIO_SND_PCM_FMT_S16 && little_endian())
        return sf_readf_short(f->snd, wire, frames);
    if (format == VIRTIO_SND_PCM_FMT_FLOAT && little_endian())
        return sf_readf_float(f->snd, wire, frames);
    return -1;
}

static sf_count_t read_samples(struct rig_sound_file *f, uint8_t format,
                               uint8_t *wire, sf_count_t frames)
{
    uint32_t frame_bytes = rig_pcm_frame_bytes(format, f->channels);
    sf_count_t most = SCRATCH_SAMPLES / f->channels, done = 0;

    while (done < frames) {
        sf_count_t some = frames - done < most ? frames - done : most;
        sf_count_t n = sf_readf_double(f->snd, f->samples, some);

        if (n <= 0)
            break;
        rig_pcm_pack(format, f->samples, wire + (size_t)done * frame_bytes,
                     (size_t)n * f->channels);
        done += n;
    }
    return done;
}

long rig_sound_read(struct rig_sound_file *f, uint8_t format, void *wire,
                    size_t bytes, char *err, size_t room)
{
    uint32_t frame_bytes = rig_pcm_frame_bytes(format, f->channels);
    sf_count_t want, n;

    if (f->raw) {
        size_t got = fread(wire, 1, bytes, f->raw);

        if (got < bytes && ferror(f->raw))
            return fail(f, err, room, "%s", strerror(errno));
        f->at += rig_pcm_frames(format, f->channels, got);
        return (long)got;
    }
    want = (sf_count_t)(bytes / frame_bytes);
    n = read_plain(f, format, wire, want);
    if (n < 0)
        n = read_samples(f, format, wire, want);
    f->at += (uint64_t)n;
    if (n < want && sf_error(f->snd))
        return fail(f, err, room, "cannot be read on after %llu frames: %s",
                    (unsigned long long)f->at, sf_strerror(f->snd));
    if (n < want && f->at < f->frames && f->frames != UINT64_MAX && !f->guessed)
        return fail(f, err, room, "is cut off: %llu of %llu frames",
                    (unsigned long long)f->at, (unsigned long long)f->frames);
    return (long)n * (long)frame_bytes;
}
