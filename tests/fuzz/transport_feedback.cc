#include "relay/rtp/rtcp/transport_feedback.h"

#include <array>
#include <map>

#include "tests/fuzz/invariant.h"

using namespace strata::relay;

// Arrivals in five bytes each: steps of sequence (1) and time (4, signed); what the builder writes
// must read back as the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    TransportFeedbackBuilder builder;
    std::map<std::int64_t, TimeUs> arrivals;
    std::int64_t sequence = 65'500;
    TimeUs now = 0;
    for (std::size_t at = 0; at + 5 <= size; at += 5) {
        sequence += data[at];
        now += static_cast<std::int32_t>(load_be32(data + at + 1));
        if (builder.add(sequence, now)) arrivals[sequence] = now;
    }
    std::array<std::uint8_t, 4'096> buffer;
    const std::size_t expected = builder.size(), statuses = builder.status_count();
    const std::size_t written = builder.write({{1}, {2}}, buffer);
    INVARIANT(written == expected && written % 4 == 0);
    if (written == 0) return 0;

    TransportFeedback feedback;
    RtcpCompound compound(std::span<const std::uint8_t>(buffer).first(written));
    const auto packet = compound.next();
    INVARIANT(packet && read_transport_feedback(*packet, feedback));
    INVARIANT(feedback.status_count == statuses);
    std::int64_t n = arrivals.begin()->first;
    // The reference time has 24 bits on the wire.
    const TimeUs wrap = (TimeUs{1} << 24) * kFeedbackReferenceUs;
    feedback.for_each([&](SequenceNumber number, bool received, TimeUs time) {
        const auto found = arrivals.find(n);
        INVARIANT(number.value == (n & 0xFFFF));
        INVARIANT(received == (found != arrivals.end()));
        if (received) {
            const TimeUs late = ((found->second - time) % wrap + wrap) % wrap;
            INVARIANT(late < kFeedbackTickUs);
        }
        ++n;
    });
    return 0;
}
