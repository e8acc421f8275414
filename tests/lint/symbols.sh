#!/bin/sh
# Fails when an object of ours refers to a function that the code is not to use: the heap, stdio, name services, and the
# ones that are easily wrong.
#
#   tests/lint/symbols.sh [FOLDER]     with the objects; build/musl/init without one
#
# Not the product's own objects: those are for the link-time optimizer, and nm shows no built-in function in them, malloc and
# printf among those. The same sources are compiled without it for the unit tests.
set -eu

folder=${1:-build/musl/init}

# heap | stdio | accounts (NSS) | shells | no error seen | unbounded | musl hides the signals 32 to 34 from it
forbidden='malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign|strdup|strndup|asprintf|vasprintf|getline|getdelim|alloca
printf|fprintf|dprintf|sprintf|snprintf|vprintf|vfprintf|vdprintf|vsprintf|vsnprintf|puts|putchar|putc|fputs|fputc|fopen|fdopen|freopen
fclose|fflush|fread|fwrite|fgets|fgetc|getc|getchar|scanf|fscanf|sscanf|perror|setvbuf|stdin|stdout|stderr|fmemopen|open_memstream
getpw(nam|uid|ent)(_r)?|getgr(nam|gid|ent)(_r)?|setpwent|setgrent|getgrouplist|getspnam|initgroups
syslog|vsyslog|openlog|getaddrinfo|gethostbyname
system|popen|pclose|wordexp|tmpnam|mktemp
strtok|strtok_r|atoi|atol|atoll|atof|strcpy|strcat|strncpy|strncat|stpcpy|gets
sigfillset'

# grep ends in 1 where it finds nothing, which is what is wanted; all else, of nm too, is a failure of this lint.
uses() {
    symbols=$(nm --undefined-only --format=posix "$1") || return 1
    printf '%s\n' "$symbols" | cut -d ' ' -f 1 | grep -xE "$(printf '%s' "$forbidden" | tr '\n' '|')" || [ $? -eq 1 ]
}

found=$(find "$folder" -name '*.o' -type f | LC_ALL=C sort | while read -r object; do
    names=$(uses "$object") || { echo "$object: can't be read"; continue; }
    [ -z "$names" ] || printf '%s\n' "$names" | sed "s|^|$object: uses |"
done)
[ -z "$found" ] || {
    echo "$found"
    exit 1
}
# A run over no object would find nothing either.
[ -n "$(find "$folder" -name '*.o' -type f 2>/dev/null)" ] || {
    echo "symbols.sh: no object in $folder"
    exit 1
}
