/* SPDX-License-Identifier: MIT */
#include "explore_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text ? text : "";
}

static void print_member(const json_t *line, const char *key)
{
    printf("    %-9s", key);
    rig_text_wrap(stdout, text_of(line, key), 13, 79);
}

void rig_explore_print_failure(const json_t *line,
                               const struct rig_setup *setup)
{
    const char *capsule = text_of(line, "capsule"), *op = text_of(line, "op");
    char command[8192] = "";

    printf("seed %lld: %s: %s%s%s\n",
           (long long)json_integer_value(json_object_get(line, "seed")),
           text_of(line, "verdict"), text_of(line, "law"), *op ? " of " : "",
           op);
    print_member(line, "expected");
    print_member(line, "seen");
    if (!*capsule) {
        printf("    one of a kind that has capsules already\n\n");
        return;
    }
    rig_text_shell(command, sizeof(command), capsule);
    printf(
        "    %lld steps, %lld faults%s\n    ringtrue replay %s",
        (long long)json_integer_value(json_object_get(line, "steps")),
        (long long)json_integer_value(json_object_get(line, "faults")),
        json_is_true(json_object_get(line, "alone"))
            ? ""
            : ", and passes when it is run alone: the driver keeps something "
              "from one device to the next",
        command);
    command[0] = '\0';
    rig_text_shell(command, sizeof(command), setup ? setup->dut : "");
    printf("%s%s\n\n", setup ? " --dut " : "", setup ? command : "");
}

void rig_explore_print_failures(int ledger, off_t from,
                                const struct rig_setup *setup)
{
    int fd = dup(ledger);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    char *text = NULL;
    size_t room = 0;

    if (!f || fseeko(f, from, SEEK_SET))
        return;
    while (getline(&text, &room, f) > 0) {
        json_t *line = json_loads(text, 0, NULL);

        if (strcmp(text_of(line, "type"), "failure") == 0)
            rig_explore_print_failure(line, setup);
        json_decref(line);
    }
    free(text);
    fclose(f);
}

static void print_idle_faults(const struct rig_menu *menu,
                              const struct rig_tally *tally)
{
    bool any = false;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        if (!rig_menu_has(menu, k) || tally->fired[k])
            continue;
        printf("%s%s", any ? ", " : "faults that never fired: ",
               fake_fault_name((enum fake_fault)k));
        any = true;
    }
    if (any)
        putchar('\n');
}

static void print_fired(const struct rig_tally *tally)
{
    bool any = false;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        if (!tally->fired[k])
            continue;
        printf("%s%s %llu", any ? ", " : "seeds in which a fault fired: ",
               fake_fault_name((enum fake_fault)k),
               (unsigned long long)tally->fired[k]);
        any = true;
    }
    if (any)
        putchar('\n');
}

void rig_explore_print_tally(const struct rig_menu *menu,
                             const struct rig_tally *tally, double seconds,
                             bool complete)
{
    print_fired(tally);
    print_idle_faults(menu, tally);
    printf("%llu seeds: %llu failed; %llu events, %.1f s of virtual time",
           (unsigned long long)tally->seeds,
           (unsigned long long)tally->failures,
           (unsigned long long)tally->events, (double)tally->virtual_ns / 1e9);
    if (seconds >= 0)
        printf(", %.1f s", seconds);
    printf("%s\n", complete ? "" : "; not all seeds of the range were run");
}
