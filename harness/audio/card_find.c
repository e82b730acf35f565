/* SPDX-License-Identifier: MIT
 *
 * card_find.c: which cards there are. See card.h and card_pa.h.
 */
#include "card.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card_pa.h"
#include "quiet.h"

#define PROBE_SECONDS 20u

bool rig_card_built(void)
{
    return true;
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

void rig_card_deadline_begin(struct sigaction *before)
{
    struct sigaction act = {.sa_handler = too_late};

    late_fd = fileno(rig_err());
    sigaction(SIGALRM, &act, before);
    alarm(PROBE_SECONDS);
}

void rig_card_deadline_end(const struct sigaction *before)
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
    rig_card_deadline_begin(&before);
    code = Pa_Initialize();
    rig_card_deadline_end(&before);
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
