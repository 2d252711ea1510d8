#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "control/signalling/sdp/parser.h"
#include "source_folders.h"

namespace strata::control::sdp {

// An offer that was really made, tests/data/sdp.
inline std::string offer_text(const std::string& name) {
    std::ifstream in(std::string(STRATA_TEST_DATA) + "/sdp/" + name + ".sdp", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline Description parsed(const std::string& text) {
    auto description = parse(text, {});
    EXPECT_TRUE(description) << (description ? ""
                                             : description.error().object + ": " +
                                                   description.error().detail);
    return description ? *description : Description{};
}

inline Description offer(const std::string& name) { return parsed(offer_text(name)); }

// A small offer of one video section; `extra` lines are added to it.
inline std::string small_offer(const std::string& extra = "",
                               const std::string& m = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n") {
    return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" + m +
           "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n"
           "a=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
           "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:"
           "15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=rtpmap:96 VP8/90000\r\na=ssrc:7 cname:x\r\n" +
           extra;
}

}  // namespace strata::control::sdp
