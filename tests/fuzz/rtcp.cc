#include <array>

#include "relay/rtp/rtcp/codec_control.h"
#include "relay/rtp/rtcp/writer.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

// What was read can be written, and reads the same again.
void check_reports(const RtcpPacket& packet) {
    std::array<std::uint8_t, 1'024> buffer;
    SenderReport sender, sender_again;
    if (read_sender_report(packet, sender)) {
        RtcpWriter writer(buffer);
        INVARIANT(writer.sender_report(sender));
        INVARIANT(read_sender_report(*RtcpCompound(writer.written()).next(), sender_again));
        INVARIANT(sender_again.ntp == sender.ntp && sender_again.octets == sender.octets);
        INVARIANT(sender_again.block_count == packet.count);
    }
    ReceiverReport receiver, again;
    if (read_receiver_report(packet, receiver)) {
        RtcpWriter writer(buffer);
        INVARIANT(writer.receiver_report(receiver.sender,
                                         std::span(receiver.blocks).first(receiver.block_count)));
        INVARIANT(read_receiver_report(*RtcpCompound(writer.written()).next(), again));
        for (std::size_t i = 0; i < again.block_count; ++i)
            INVARIANT(again.blocks[i].cumulative_lost == receiver.blocks[i].cumulative_lost);
    }
}

unsigned read_sources(const RtcpPacket& packet) {
    unsigned sum = 0;
    SdesItems items(packet);
    while (const auto item = items.next())
        for (const char c : item->text) sum += static_cast<unsigned char>(c);
    Bye bye;
    if (read_bye(packet, bye)) {
        for (std::size_t i = 0; i < bye.size(); ++i) sum += bye.ssrc(i).value;
        for (const char c : bye.reason) sum += static_cast<unsigned char>(c);
    }
    AppPacket app;
    if (read_app(packet, app)) sum += app.name.size() == 4;
    ExtendedReport extended;
    if (read_extended_report(packet, extended))
        for (std::size_t i = 0; i < extended.size(); ++i)
            sum += extended.last_rr(i) + extended.delay_since_last_rr(i) + extended.ssrc(i).value;
    return sum;
}

unsigned read_feedback(const RtcpPacket& packet) {
    unsigned sum = 0;
    GenericNack nack;
    if (read_generic_nack(packet, nack)) nack.for_each([&](SequenceNumber n) { sum += n.value; });
    FeedbackParties parties;
    sum += read_picture_loss(packet, parties) + read_slice_loss(packet, parties);
    FullIntraRequest fir;
    if (read_full_intra_request(packet, fir))
        for (std::size_t i = 0; i < fir.size(); ++i) sum += fir.sequence(i) + fir.ssrc(i).value;
    ReceiverEstimate estimate;
    if (read_receiver_estimate(packet, estimate))
        for (std::size_t i = 0; i < estimate.size(); ++i) sum += estimate.ssrc(i).value;
    BitrateLimit limit;
    if (read_bitrate_limit(packet, limit))
        for (std::size_t i = 0; i < limit.size(); ++i)
            sum += static_cast<unsigned>(limit.bitrate_bps(i)) + limit.overhead_bytes(i);
    ReferenceSelection selection;
    if (read_reference_selection(packet, selection)) {
        INVARIANT(selection.native_bits.size() <= packet.body.size() && selection.unused_bits < 8);
        for (const std::uint8_t byte : selection.native_bits) sum += byte;
    }
    TradeOff trade_off;
    if (read_trade_off(packet, trade_off))
        for (std::size_t i = 0; i < trade_off.size(); ++i)
            sum += trade_off.ssrc(i).value + trade_off.sequence(i) + trade_off.index(i);
    VideoBackChannel back_channel;
    if (read_video_back_channel(packet, back_channel))
        for (const std::uint8_t byte : back_channel.octets) sum += byte;
    TransportFeedback transport;
    if (read_transport_feedback(packet, transport)) {
        std::size_t visited = 0;
        transport.for_each([&](SequenceNumber, bool, TimeUs) { ++visited; });
        INVARIANT(visited == transport.status_count);
    }
    return sum;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    RtcpCompound compound({data, size});
    std::size_t bytes = 0;
    volatile unsigned sink = 0;
    while (const auto packet = compound.next()) {
        bytes += packet->body.size() + kRtcpHeaderSize;
        INVARIANT(bytes <= size);
        check_reports(*packet);
        sink = sink + read_sources(*packet) + read_feedback(*packet);
    }
    INVARIANT(!compound.next());
    return 0;
}
