/* environment.c - results/NAME/environment.txt: where and when a sweep ran last. */
#include "orchestrate/records/records.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* "Intel(R) Xeon(R) ..." of /proc/cpuinfo, what uname calls the machine elsewhere. */
static void processor_name(char *name, size_t n)
{
    struct utsname u;
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(name, n, "%s", uname(&u) ? "unknown" : u.machine);
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            snprintf(name, n, "%s", str_trim(strchr(line, ':') + 1));
            break;
        }
    if (f)
        fclose(f);
}

int write_environment(struct sweep_run *run, struct err *e)
{
    struct str s = {0};
    char path[4200], date[32] = "unknown", cpu[256];
    time_t now = time(NULL);
    struct tm utc;
    struct utsname u;
    if (gmtime_r(&now, &utc))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &utc);
    processor_name(cpu, sizeof cpu);
    str_addf(&s,
             "version: sweep %s\ndate: %s\nhost: %s\nprocessor: %s\ninstruction set: %s\nworkers: %d\ncompiler: %s\n",
             SWEEP_VERSION, date, uname(&u) ? "unknown" : u.nodename, cpu, run->k->isa, run->o->jobs, __VERSION__);
    snprintf(path, sizeof path, "%s/environment.txt", run->folder);
    int bad = s.failed ? err_set(e, ERR_NOMEM, "%s: no memory to write it", path) : file_publish(path, s.p, s.n, 1, e);
    str_release(&s);
    return bad;
}
