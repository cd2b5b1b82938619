/*
 * drain: the display that every recorder of the benchmark writes to. It runs a command in a pseudoterminal of 120 x 40
 * cells, reads what comes and throws it away, and writes one line of JSON about it to a file. With no recorder between,
 * it is the limit: nothing that reads a terminal can be faster than this loop.
 *
 *   drain RESULT.json COMMAND [ARGUMENT...]      exit status: that of the command; 126 when no terminal could be made
 *
 * seconds: from before the fork until the command has been waited for. first, last: when the first and the last byte came.
 */
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The kernel hands out 4 KiB at most per read; a larger buffer costs nothing and proves it. */
static char buffer[65536];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: drain RESULT.json COMMAND [ARGUMENT...]\n");
    return 2;
  }
  struct winsize size = {.ws_row = 40, .ws_col = 120};
  int master;
  double start = now(), first = 0, last = 0;
  pid_t child = forkpty(&master, NULL, NULL, &size);
  if (child < 0) {
    perror("drain: forkpty");
    return 126;
  }
  if (child == 0) {
    setenv("TERM", "xterm-256color", 1);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  unsigned long long bytes = 0, reads = 0;
  for (;;) {
    ssize_t n = read(master, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break; /* EIO: the last holder of the other side is gone, and everything written has been read. */
    last = now();
    if (bytes == 0) first = last;
    bytes += (unsigned long long)n;
    reads++;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  double end = now();
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  FILE *result = fopen(argv[1], "w");
  if (result == NULL) {
    perror(argv[1]);
    return 126;
  }
  fprintf(result, "{\"bytes\":%llu,\"reads\":%llu,\"seconds\":%.6f,\"first\":%.6f,\"last\":%.6f,\"cpu\":%.3f,\"maxRssKiB\":%ld}\n", bytes, reads, end - start,
          bytes ? first - start : 0.0, bytes ? last - start : 0.0, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
  fclose(result);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
