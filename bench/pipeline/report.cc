#include "bench/pipeline/report.h"

#include <array>

namespace strata::bench {

void Bench::row(const std::string& text) {
    if (options.json.empty()) return;
    std::fprintf(out, "%s\n  {%s}", first_row ? "[" : ",", text.c_str());
    first_row = false;
}

std::string field(const char* name, double value) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "\"%s\":%.4g", name, value);
    return text.data();
}
std::string fields(const char* name, const Spread& spread) {
    const std::string n = name;
    return field(name, spread.median) + ',' + field((n + "_low").c_str(), spread.low) + ',' +
           field((n + "_high").c_str(), spread.high);
}

const char* srtp_name(relay::SrtpProfile profile) {
    if (profile == relay::SrtpProfile::none) return "none";
    return relay::is_gcm(profile) ? "gcm" : "cm";
}

const char* media_name(Media media) {
    switch (media) {
        case Media::vp8: return "vp8";
        case Media::browser: return "browser";
        case Media::descriptor: return "descriptor";
        case Media::audio: break;
    }
    return "audio";
}

std::string shape_fields(const Bench& bench, const char* name, const Shape& shape) {
    std::array<char, 320> text;
    std::snprintf(text.data(), text.size(),
                  "\"bench\":\"%s\",\"media\":\"%s\",\"receivers\":%u,\"rooms\":%u,"
                  "\"packet_bytes\":%u,\"srtp\":\"%s\",\"in_flight\":%u,\"udp_checksum\":%s,"
                  "\"hugepages\":%s,\"rounds\":%d",
                  name, media_name(shape.media), shape.receivers, shape.rooms,
                  payload_bytes(shape.media), srtp_name(shape.srtp), shape.in_flight,
                  shape.udp_checksum ? "true" : "false", bench.options.huge ? "true" : "false",
                  kRounds);
    return text.data();
}

}  // namespace strata::bench
