#include "relay/ice/framing.h"

#include <vector>

#include "relay/ice/stream_opening.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

// What a connection's first bytes say doesn't depend on how they come, and never takes more than
// the limit.
void open_in_pieces(std::span<const std::uint8_t> stream) {
    constexpr std::size_t kLimit = 200;
    using Kind = StreamOpening::Kind;
    const StreamOpening whole = read_opening(stream.first(std::min(stream.size(), kLimit)), kLimit);
    std::size_t size = 1;
    StreamOpening opening;
    while (size <= stream.size()) {
        opening = read_opening(stream.first(size), kLimit);
        if (opening.kind != Kind::undecided) break;
        INVARIANT(opening.needed > size && opening.needed <= kLimit);
        size = opening.needed;
    }
    INVARIANT(opening.kind == whole.kind || stream.empty());
    INVARIANT(opening.username == whole.username);
    INVARIANT(whole.kind != Kind::undecided || stream.size() < kLimit);
}

}  // namespace

// The first byte says into what pieces the stream is cut: the datagrams must be the same as those
// of the stream in one piece.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMost = 300;
    if (size == 0) return 0;
    const std::size_t step = data[0] % 37u + 1;
    const std::span<const std::uint8_t> stream(data + 1, size - 1);
    std::vector<std::vector<std::uint8_t>> whole, cut;
    FrameReader first(kMost), second(kMost);
    const auto keep = [](auto& list) {
        return [&list](std::span<const std::uint8_t> datagram) {
            INVARIANT(!datagram.empty() && datagram.size() <= kMost);
            list.emplace_back(datagram.begin(), datagram.end());
        };
    };
    bool good = true;
    first.read(stream, keep(whole));
    for (std::size_t at = 0; at < stream.size(); at += step)
        good = second.read(stream.subspan(at, std::min(step, stream.size() - at)), keep(cut));
    INVARIANT(whole == cut);
    INVARIANT(good == first.read({}, keep(whole)));
    open_in_pieces(stream);
    INVARIANT(stream.size() < kStreamKindBytes || classify_stream(stream) != StreamKind::undecided);
    return 0;
}
