#include "control/signalling/sdp/fragment.h"

#include <gtest/gtest.h>

namespace strata::control::sdp {
namespace {

TEST(SdpFragment, Reads) {
    const auto fragment = parse_fragment(
        "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n"
        "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=candidate:1 1 udp 2 192.0.2.1 61764 typ host\r\n"
        "a=end-of-candidates\r\n");
    ASSERT_TRUE(fragment);
    EXPECT_EQ(fragment->ice_ufrag, "EsAw");
    EXPECT_EQ(fragment->candidates, 1u);
}

TEST(SdpFragment, Refuses) {
    for (const char* text :
         {"", "hello", "a=ice-ufrag:EsAw\r\n",
          "a=ice-ufrag:E\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
          "a=ice-ufrag:EsAw\r\na=ice-ufrag:Other\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"})
        EXPECT_FALSE(parse_fragment(text)) << text;
    EXPECT_FALSE(parse_fragment(std::string(70'000, 'a')));
}

}  // namespace
}  // namespace strata::control::sdp
