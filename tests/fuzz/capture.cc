#include "dataplane/replay/capture.h"

#include "bench/generator/pcap_reader.h"
#include "tests/fuzz/invariant.h"

using namespace strata;

// The whole input is a file, as strata-replay and strata-gen read it: every datagram lies within.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto capture = dataplane::parse_capture({data, data + size}, "input");
    if (capture) {
        INVARIANT(capture->bytes.size() == size);
        for (const dataplane::CapturedPacket& packet : capture->packets) {
            INVARIANT(packet.payload_at <= size && packet.payload_size <= size - packet.payload_at);
            INVARIANT(packet.time_us >= 0);
        }
    } else {
        INVARIANT(capture.error().starts_with("input: "));
    }
    try {
        std::size_t bytes = 0;
        for (const gen::CapturedDatagram& one : gen::parse_pcap({data, size}, "input"))
            bytes += one.payload.size() + 8;
        INVARIANT(bytes <= size);
    } catch (const gen::FileError&) {
    }
    return 0;
}
