// jemalloc's settings, read by it at start (jemalloc(3), malloc_conf; MALLOC_CONF in the
// environment comes on top). Tracks, tables and slots of a thousand rooms are spread over more
// small pages than a core keeps translations for; objects in huge pages halve what a packet pays
// for that. budget: 1,000 rooms cost per output at most 1.5 times one room, bench/pipeline
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "thp:always,metadata_thp:always";
}
