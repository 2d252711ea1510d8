#include "dataplane/worker/worker.h"

// Datagrams that only the control process understands (DTLS), up and down.
namespace strata::dataplane {

using api::RxDrop;
using api::WorkerCounter;

// C45: only from tuples that a check has validated, or that were announced.
void Worker::on_dtls(rte_mbuf& packet, Transport* transport, relay::TimeUs now) {
    if (!transport) transport = find_transport(meta(&packet).flow);
    if (!transport) return drop(RxDrop::unvalidated);
    const auto datagram = bytes_of(packet);
    if ((!transport->ice && !transport->secure) || datagram.size() > kMaxPuntBytes)
        return drop(RxDrop::dtls_refused);
    if (!transport->punt_rate.take(now)) return drop(RxDrop::punt_rate_limited);
    if (!punts_.push(transport->id, datagram)) return drop(RxDrop::punt_full);
    count(WorkerCounter::punted);
    news_ = true;
}

void Worker::send_datagram(const Command& command, relay::TimeUs now) {
    Transport& transport = *command.transport;
    if (transport.has_link) {
        fan_outs_[transport.port]->send_own(transport.link, *command.datagram, TxClass::audio, now);
        count(WorkerCounter::punts_down);
        on_flight_sent(transport, now);
    } else {
        count(WorkerCounter::punts_down_lost);
    }
    answers_.push({.kind = Command::Kind::send_datagram, .datagram = command.datagram});
}

}  // namespace strata::dataplane
