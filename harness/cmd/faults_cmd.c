/* SPDX-License-Identifier: MIT
 *
 * ringtrue faults: what a device can do to a driver.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>

#include "commands.h"
#include "fakedev/fault.h"
#include "options.h"
#include "text.h"

#define WIDTH 80
#define INDENT 4

static const struct rig_option option_list[] = {{0}};

static const struct rig_options options = {
    .command = "faults",
    .usage = "[NAME-PATTERN...]",
    .about = "Prints the faults that a device can be given, by --fault, in a "
             "vector or over RPC: what each means, its argument, and what a "
             "conforming driver may do about it. Legal: unusual, but a driver "
             "has to work through it. Fails: the device reports a failure as "
             "the specification lets it. Lies: no driver could notice. Breaks: "
             "the device breaks the specification; the driver stays safe, and "
             "works again after a reset.",
    .list = option_list,
};

static bool matches(enum fake_fault fault, char *const *patterns, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (fnmatch(patterns[k], fake_fault_name(fault), 0) == 0)
            return true;
    return count == 0;
}

/* The first fault that a pattern matches, or -1. */
static int first_of(char *const *pattern)
{
    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        if (matches((enum fake_fault)k, pattern, 1))
            return k;
    return -1;
}

static void print_line(const char *label, const char *text)
{
    printf("%*s%-8s", INDENT, "", label);
    rig_text_wrap(stdout, text, INDENT + 8, WIDTH);
}

static void print_fault(enum fake_fault fault)
{
    const char *arg = fake_fault_arg_meaning(fault);

    printf("%s%s%s, %s\n", fake_fault_name(fault), *arg ? "=" : "", arg,
           fake_nature_name(fake_fault_nature(fault)));
    print_line("device", fake_fault_meaning(fault));
    print_line("driver", fake_fault_may(fault));
}

static void print_part(enum fake_part part, char *const *patterns, size_t count)
{
    bool begun = false;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        enum fake_fault fault = (enum fake_fault)k;

        if (fake_fault_part(fault) != part || !matches(fault, patterns, count))
            continue;
        if (!begun)
            printf("# %s\n\n", fake_part_name(part));
        begun = true;
        print_fault(fault);
    }
    if (begun)
        putchar('\n');
}

int cmd_faults(int argc, char **argv)
{
    struct rig_options o = options;
    char *const *patterns;
    size_t count;

    if (rig_options_next(&o, argc, argv) < 0)
        return o.exit_code;
    patterns = argv + o.first;
    count = (size_t)(argc - o.first);
    for (size_t k = 0; k < count; k++)
        if (first_of(patterns + k) < 0)
            return rig_complain("faults", "no fault matches '%s'", patterns[k]);
    for (int part = 0; part < FAKE_PART_COUNT; part++)
        print_part((enum fake_part)part, patterns, count);
    return RIG_EXIT_PASS;
}
