/* SPDX-License-Identifier: MIT
 *
 * card_portaudio.c: see card.h and card_pa.h.
 */
#include "card.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "card_pa.h"
#include "pcm_format.h"
#include "quiet.h"
#include "ringtrue/wire.h"

#define PROBE_SECONDS 20u
#define GONE_NS UINT64_C(2000000000)
#define SPARE_FRAMES 8192u
#define AHEAD_NS UINT64_C(100000000) /* a card fills its buffer at once */
#define ROW_DIVISOR 4u               /* of a second: no bite is larger */

bool rig_card_built(void)
{
    return true;
}

uint64_t rig_card_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- listing ---- */

static void list_device(FILE *out, PaDeviceIndex k)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(k);
    const PaHostApiInfo *api = Pa_GetHostApiInfo(d->hostApi);

    fprintf(out, "%3d  %s (%s): %d out, %d in, %.0f Hz%s%s\n", k, d->name,
            api ? api->name : "?", d->maxOutputChannels, d->maxInputChannels,
            d->defaultSampleRate,
            k == Pa_GetDefaultOutputDevice() ? ", default output" : "",
            k == Pa_GetDefaultInputDevice() ? ", default input" : "");
}

/* The child: its exit code says whether the list is whole. */
static void list_in_child(int fd)
{
    struct rlimit no_core = {0, 0};
    FILE *out = fdopen(fd, "w");
    int count;

    setrlimit(RLIMIT_CORE, &no_core);
    alarm(PROBE_SECONDS);
    rig_quiet_begin();
    if (!out || Pa_Initialize() != paNoError)
        _exit(1);
    count = Pa_GetDeviceCount();
    for (PaDeviceIndex k = 0; k < count; k++)
        list_device(out, k);
    _exit(count < 0 || fclose(out) ? 1 : 0);
}

static int copy_lines(int fd, FILE *out)
{
    FILE *in = fdopen(fd, "r");
    int lines = 0, c;

    if (!in) {
        close(fd);
        return 0;
    }
    while ((c = fgetc(in)) != EOF) {
        lines += c == '\n';
        if (out)
            fputc(c, out);
    }
    fclose(in);
    return lines;
}

int rig_card_list(FILE *out, char *err, size_t room)
{
    int ends[2], status = 0, lines;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC)) {
        snprintf(err, room, "PortAudio: %s", strerror(errno));
        return -1;
    }
    fflush(NULL);
    child = fork();
    if (child == 0)
        list_in_child(ends[1]);
    close(ends[1]);
    lines = copy_lines(ends[0], out);
    if (child < 0 || TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) != child) {
        snprintf(err, room, "PortAudio: %s", strerror(errno));
        return -1;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return lines;
    snprintf(err, room,
             WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM
                 ? "PortAudio did not come back"
             : WIFSIGNALED(status)
                 ? "PortAudio gives up: the ALSA configuration lists no PCM "
                   "(see ALSA_CONFIG_PATH, asound.conf and ~/.asoundrc)"
                 : "PortAudio cannot be initialized");
    return -1;
}

/* ---- a deadline for what cannot be called off ---- */

static int late_fd;

static void too_late(int number)
{
    static const char line[] = "ringtrue: PortAudio did not come back\n";

    ssize_t told = write(late_fd, line, sizeof(line) - 1);

    (void)number;
    (void)told;
    _exit(2); /* as for any card that cannot be used */
}

/* Between these two PortAudio may wait for a server that does not answer; the
 * probe was answered, but that was before. */
static void deadline_begin(struct sigaction *before)
{
    struct sigaction act = {.sa_handler = too_late};

    late_fd = fileno(rig_err());
    sigaction(SIGALRM, &act, before);
    alarm(PROBE_SECONDS);
}

static void deadline_end(const struct sigaction *before)
{
    alarm(0);
    sigaction(SIGALRM, before, NULL);
}

/* ---- finding ---- */

static bool has_direction(PaDeviceIndex k, bool input)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(k);

    return (input ? d->maxInputChannels : d->maxOutputChannels) > 0;
}

/* Adds a name to a list of them, as far as there is room. */
static void add_name(char *names, size_t room, PaDeviceIndex k)
{
    size_t used = strlen(names);

    snprintf(names + used, room - used, "%s'%s'", used ? ", " : "",
             Pa_GetDeviceInfo(k)->name);
}

/* By number, name or part of it. paNoDevice: none, or more than one, which are
 * in `names`. */
static PaDeviceIndex find(const char *device, bool input, char *names,
                          size_t room)
{
    PaDeviceIndex count = Pa_GetDeviceCount(), found = paNoDevice;
    unsigned matches = 0;
    char *end = NULL;
    long number = strtol(device, &end, 10);

    names[0] = '\0';
    if (*device >= '0' && *device <= '9' && *end == '\0')
        return number < count && has_direction((PaDeviceIndex)number, input)
                   ? (PaDeviceIndex)number
                   : paNoDevice;
    for (PaDeviceIndex k = 0; k < count; k++)
        if (has_direction(k, input) &&
            strcmp(Pa_GetDeviceInfo(k)->name, device) == 0)
            return k;
    for (PaDeviceIndex k = 0; k < count; k++) {
        if (!has_direction(k, input) ||
            !strstr(Pa_GetDeviceInfo(k)->name, device))
            continue;
        found = k;
        matches++;
        add_name(names, room, k);
    }
    return matches == 1 ? found : paNoDevice;
}

/* Returns 0, or -1 and one line in err. */
static int find_device(struct rig_card *card, const char *device, char *err,
                       size_t room)
{
    const char *kind = card->input ? "input" : "output";
    char names[300] = "";

    if (device)
        card->index = find(device, card->input, names, sizeof(names));
    else
        card->index = card->input ? Pa_GetDefaultInputDevice()
                                  : Pa_GetDefaultOutputDevice();
    if (card->index != paNoDevice)
        return 0;
    if (!device)
        snprintf(err, room, "PortAudio: there is no %s device", kind);
    else if (*names)
        snprintf(err, room, "PortAudio: '%s' may be %s", device, names);
    else
        snprintf(err, room,
                 "PortAudio: no %s device '%s' (see 'ringtrue audio devices')",
                 kind, device);
    return -1;
}

int rig_card_find(struct rig_card *card, const char *device, bool input,
                  char *err, size_t room)
{
    const PaDeviceInfo *info;
    struct sigaction before;
    PaError code;

    card->input = input;
    if (rig_card_list(NULL, err, room) < 0)
        return -1;
    rig_quiet_begin();
    deadline_begin(&before);
    code = Pa_Initialize();
    deadline_end(&before);
    rig_quiet_end();
    if (code != paNoError) {
        snprintf(err, room, "PortAudio: %s", Pa_GetErrorText(code));
        return -1;
    }
    card->up = true;
    if (find_device(card, device, err, room))
        return -1;
    info = Pa_GetDeviceInfo(card->index);
    snprintf(card->name, sizeof(card->name), "%s", info->name);
    card->may_run_ahead = Pa_GetHostApiInfo(info->hostApi)->type == paALSA;
    return 0;
}

/* ---- the callback ---- */

/* A card that is none (ALSA's null, a file) calls as fast as it can; of no
 * other kind of card the callback ever waits. Time that it runs ahead of the
 * clock is slept here. A real card is never ahead by more than its buffer: each
 * second 1 % is forgotten, so that its clock may be a little fast. */
static void pace(struct rig_card *card, unsigned long frames, uint64_t passed)
{
    passed += passed / 100;
    card->ahead_ns -= passed < card->ahead_ns ? passed : card->ahead_ns;
    card->ahead_ns += (uint64_t)frames * 1000000000u / card->rate_hz;
    if (card->ahead_ns > AHEAD_NS) {
        uint64_t rest = card->ahead_ns - AHEAD_NS;
        struct timespec t = {(time_t)(rest / 1000000000u),
                             (long)(rest % 1000000000u)};

        nanosleep(&t, NULL);
    }
}

/* What a card takes at a time can be more than it asks for in one call:
 * PortAudio gives a period of JACK's above 1024 frames in pieces, one behind
 * the other. Calls that come faster than their frames pass are one bite. */
static void note_burst(struct rig_card *card, unsigned long frames,
                       uint64_t passed_ns)
{
    uint64_t last_ns =
        (uint64_t)card->last_frames * 1000000000u / card->rate_hz;
    uint64_t row = passed_ns < last_ns / 2 ? card->row_frames : 0;

    /* A card that is none has no end of them: see pace(). */
    if (row + frames > card->rate_hz / ROW_DIVISOR)
        row = 0;
    card->last_frames = (unsigned)frames;
    card->row_frames = (unsigned)(row + frames);
    if (card->row_frames >
        atomic_load_explicit(&card->burst, memory_order_relaxed))
        atomic_store_explicit(&card->burst, card->row_frames,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&card->calls, 1, memory_order_relaxed);
}

static int play(struct rig_card *card, uint8_t *out, unsigned long frames)
{
    bool go = atomic_load_explicit(&card->go, memory_order_acquire);
    bool draining = atomic_load_explicit(&card->draining, memory_order_acquire);
    size_t want = frames * card->frame_bytes;
    size_t got = go ? rig_spsc_read(&card->ring, out, want) : 0;

    memset(out + got, 0, want - got); /* S16, S32 and FLOAT: 0 is silence */
    atomic_fetch_add_explicit(&card->moved, got / card->frame_bytes,
                              memory_order_release);
    if (draining && got == 0)
        return paComplete;
    if (go && !draining && got < want && !card->starving)
        atomic_fetch_add(&card->gaps, 1);
    card->starving = got < want;
    return paContinue;
}

static int capture(struct rig_card *card, const uint8_t *in,
                   unsigned long frames)
{
    size_t bytes = frames * card->frame_bytes;

    if (!atomic_load_explicit(&card->go, memory_order_acquire))
        return paContinue;
    /* All or nothing: half of a frame would swap the channels. */
    if (!in || rig_spsc_room(&card->ring) < bytes) {
        atomic_fetch_add(&card->gaps, 1);
        return paContinue;
    }
    rig_spsc_write(&card->ring, in, bytes);
    atomic_fetch_add_explicit(&card->moved, frames, memory_order_release);
    return paContinue;
}

static int callback(const void *in, void *out, unsigned long frames,
                    const PaStreamCallbackTimeInfo *time,
                    PaStreamCallbackFlags flags, void *ctx)
{
    struct rig_card *card = ctx;
    uint64_t now = rig_card_now_ns();
    uint64_t passed = card->last_ns ? now - card->last_ns : 0;

    (void)time;
    (void)flags;
    card->last_ns = now;
    note_burst(card, frames, passed);
    if (card->may_run_ahead)
        pace(card, frames, passed);
    return card->input ? capture(card, in, frames) : play(card, out, frames);
}

/* ---- a stream ---- */

static uint8_t card_format(uint8_t format)
{
    const struct rig_pcm_format *f = rig_pcm_format(format);

    if (f->kind == RIG_PCM_FLOAT)
        return VIRTIO_SND_PCM_FMT_FLOAT;
    return f->kind == RIG_PCM_LAW || f->bits <= 16 ? VIRTIO_SND_PCM_FMT_S16
                                                   : VIRTIO_SND_PCM_FMT_S32;
}

static PaStreamParameters parameters(const struct rig_card *card)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(card->index);
    double least =
        card->input ? d->defaultLowInputLatency : d->defaultLowOutputLatency;
    double half = (double)(card->pcm.buffer_bytes / card->pcm.frame_bytes) / 2 /
                  card->pcm.rate_hz;
    PaStreamParameters p = {
        .device = card->index,
        .channelCount = card->channels,
        .sampleFormat = card->format == VIRTIO_SND_PCM_FMT_FLOAT ? paFloat32
                        : card->format == VIRTIO_SND_PCM_FMT_S16 ? paInt16
                                                                 : paInt32,
        .suggestedLatency = half < least ? least
                            : half > 0.1 ? 0.1
                                         : half,
    };

    return p;
}

static bool supported(const struct rig_card *card)
{
    PaStreamParameters p = parameters(card);
    PaError code;

    rig_quiet_begin();
    code = Pa_IsFormatSupported(card->input ? &p : NULL,
                                card->input ? NULL : &p, card->rate_hz);
    rig_quiet_end();
    return code == paFormatIsSupported;
}

/* As the stream is, else in floats at a rate of the card's. */
static int choose(struct rig_card *card, char *err, size_t room)
{
    const PaDeviceInfo *d = Pa_GetDeviceInfo(card->index);
    int most = card->input ? d->maxInputChannels : d->maxOutputChannels;

    card->format = card_format(card->pcm.format);
    card->channels = card->pcm.channels;
    card->rate_hz = card->pcm.rate_hz;
    if (supported(card))
        return 0;
    card->format = VIRTIO_SND_PCM_FMT_FLOAT;
    if (card->channels == 1 && most >= 2)
        card->channels = 2; /* mono on both */
    if (supported(card))
        return 0;
    card->rate_hz = (uint32_t)d->defaultSampleRate;
    if (supported(card))
        return 0;
    card->channels = card->pcm.channels;
    if (supported(card))
        return 0;
    snprintf(err, room, "PortAudio: '%s' has no way to %s %u channels at %u Hz",
             card->name, card->input ? "record" : "play", card->pcm.channels,
             card->pcm.rate_hz);
    return -1;
}

static int prepare(struct rig_card *card, char *err, size_t room)
{
    uint64_t buffer = card->pcm.buffer_bytes / card->pcm.frame_bytes;
    int code = 0;

    card->frame_bytes = rig_pcm_frame_bytes(card->format, card->channels);
    card->from = calloc(RIG_CARD_CHUNK * 255u, sizeof(float));
    card->to =
        calloc((RIG_CARD_CHUNK * 72u + 64) * card->channels, sizeof(float));
    if (!card->from || !card->to ||
        rig_spsc_init(&card->ring, (buffer * card->rate_hz / card->pcm.rate_hz +
                                    card->rate_hz + SPARE_FRAMES) *
                                       card->frame_bytes)) {
        snprintf(err, room, "PortAudio: out of memory");
        return -1;
    }
    if (card->rate_hz == card->pcm.rate_hz)
        return 0;
    card->src = src_new(SRC_SINC_MEDIUM_QUALITY, card->channels, &code);
    if (card->src)
        return 0;
    snprintf(err, room, "libsamplerate: %s", src_strerror(code));
    return -1;
}

static int open_stream(struct rig_card *card, char *err, size_t room)
{
    PaStreamParameters p = parameters(card);
    struct sigaction before;
    PaError code;

    rig_quiet_begin();
    deadline_begin(&before);
    code = Pa_OpenStream(&card->stream, card->input ? &p : NULL,
                         card->input ? NULL : &p, card->rate_hz,
                         paFramesPerBufferUnspecified, paClipOff | paDitherOff,
                         callback, card);
    if (code == paNoError)
        code = Pa_StartStream(card->stream);
    deadline_end(&before);
    rig_quiet_end();
    if (code == paNoError)
        return 0;
    snprintf(err, room, "PortAudio: '%s': %s", card->name,
             Pa_GetErrorText(code));
    return -1;
}

static void forget(struct rig_card *card)
{
    card->last_ns = card->ahead_ns = 0;
    card->last_frames = card->row_frames = 0;
    card->put_frames = card->pushed_frames = 0;
    card->starving = card->used = false;
    atomic_store(&card->go, false);
    atomic_store(&card->draining, false);
    atomic_store(&card->burst, 0);
    atomic_store(&card->moved, 0);
    atomic_store(&card->calls, 0);
}

int rig_card_open(struct rig_card *card, const struct fake_pcm *pcm, char *err,
                  size_t room)
{
    if (card->stream && !card->used && rig_pcm_same(&card->pcm, pcm))
        return 0;
    rig_card_close(card);
    card->pcm = *pcm;
    forget(card);
    if (!rig_pcm_has_samples(pcm->format)) {
        snprintf(err, room, "PortAudio: no card takes %s",
                 rig_pcm_format(pcm->format)->name);
        return -1;
    }
    if (choose(card, err, room) == 0 && prepare(card, err, room) == 0 &&
        open_stream(card, err, room) == 0)
        return 0;
    rig_card_close(card);
    return -1;
}

void rig_card_begin(struct rig_card *card)
{
    card->used = true;
    card->position = 0;
    card->seen_calls = 0;
    card->seen_ns = card->position_ns = rig_card_now_ns();
}

void rig_card_close(struct rig_card *card)
{
    if (card->gone)
        return;
    rig_quiet_begin();
    if (card->stream)
        Pa_CloseStream(card->stream);
    rig_quiet_end();
    card->stream = NULL;
    if (card->src)
        src_delete(card->src);
    card->src = NULL;
    rig_spsc_free(&card->ring);
    free(card->from);
    free(card->to);
    card->from = card->to = NULL;
}

void rig_card_free(struct rig_card *card)
{

    rig_card_close(card);
    if (card->gone)
        return;
    rig_quiet_begin();
    if (card->up)
        Pa_Terminate();
    rig_quiet_end();
    free(card);
}

/* ---- the clock ---- */

uint64_t rig_card_to_stream(const struct rig_card *card, uint64_t frames)
{
    return frames * card->pcm.rate_hz / card->rate_hz;
}

uint64_t rig_card_follow(struct rig_card *card, uint64_t target, unsigned speed)
{
    uint64_t now = rig_card_now_ns();
    uint64_t passed = now - card->position_ns;
    uint64_t step;

    if (passed > 1000000000u)
        passed = 1000000000u;
    step = passed * card->pcm.rate_hz / 100 * speed / 1000000000u;
    if (step == 0)
        return card->position; /* and let the time add up */
    card->position_ns = now;
    if (card->position + step < target)
        card->position += step;
    else if (card->position < target)
        card->position = target;
    return card->position;
}

int rig_card_check(struct rig_card *card, char *err, size_t room)
{
    uint64_t now = rig_card_now_ns(), calls = atomic_load(&card->calls);

    if (calls != card->seen_calls) {
        card->seen_calls = calls;
        card->seen_ns = now;
    }
    if (now - card->seen_ns < GONE_NS && Pa_IsStreamActive(card->stream) == 1)
        return 0;
    card->gone = true;
    snprintf(err, room, "PortAudio: '%s' is gone", card->name);
    return -1;
}
