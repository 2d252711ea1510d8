#include "dataplane/server/control_server.h"

#include <utility>

namespace strata::dataplane {
namespace {

// Messages that wait for a control process that doesn't read. More, and it is disconnected: it gets
// everything anew when it comes back.
constexpr std::size_t kMaxOutgoing = 4096;
constexpr int kMessagesPerPoll = 256;

std::string address_bytes(const IpAddress& address) {
    const auto* bytes = reinterpret_cast<const char*>(address.bytes.data());
    return address.is_v4() ? std::string(bytes + 12, 4) : std::string(bytes, 16);
}

api::ObjectRef ref_of(const api::Object& object) {
    api::ObjectRef ref;
    if (object.has_transport()) {
        ref.set_kind(api::TRANSPORT);
        ref.set_id(object.transport().id());
    } else if (object.has_track()) {
        ref.set_kind(api::TRACK);
        ref.set_id(object.track().id());
    } else if (object.has_subscription()) {
        ref.set_kind(api::SUBSCRIPTION);
        ref.set_id(object.subscription().id());
    }
    return ref;
}

}  // namespace

ControlServer::ControlServer(const ControlServerConfig& config, DesiredState& state,
                             api::StatisticsSegment& statistics)
    : config_(config), state_(state), statistics_(statistics), buffer_(api::kMaxMessageBytes) {}

std::expected<void, std::string> ControlServer::listen() {
    auto listener = api::SeqpacketListener::listen(config_.path);
    if (!listener) return std::unexpected(listener.error());
    listener_ = std::move(*listener);
    return {};
}

void ControlServer::poll() {
    accept();
    read_candidate();
    read();
    reply_when_settled();
    flush();
}

void ControlServer::accept() {
    while (auto link = listener_.accept())
        (link_.connected() ? candidate_ : link_) = std::move(*link);
}

// A connection beside the one in use takes over when it says hello, not before: whoever only looks
// whether somebody listens here must not cut control off.
void ControlServer::read_candidate() {
    if (!candidate_.connected()) return;
    if (!link_.connected()) {
        link_ = std::exchange(candidate_, {});
        return;
    }
    const auto size = candidate_.receive(buffer_);
    if (!size) {
        if (size.error() != api::LinkError::would_block) candidate_.close();
        return;
    }
    api::ToDataplane message;
    if (!message.ParseFromArray(buffer_.data(), static_cast<int>(*size)) || !message.has_hello())
        return candidate_.close();
    disconnect();
    link_ = std::exchange(candidate_, {});
    on_hello(message.hello());
}

void ControlServer::read() {
    for (int i = 0; i < kMessagesPerPoll && link_.connected(); ++i) {
        const auto size = link_.receive(buffer_);
        if (size) {
            on_message({buffer_.data(), *size});
        } else if (size.error() == api::LinkError::would_block) {
            return;
        } else {
            return disconnect();
        }
    }
}

void ControlServer::disconnect() {
    link_.close();
    greeted_ = false;
    resync_ = {};
    outgoing_.clear();
    pending_.clear();
}

void ControlServer::on_message(std::string_view bytes) {
    api::ToDataplane message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return refuse("malformed", "the message can't be read");
    if (message.has_hello()) return on_hello(message.hello());
    if (!greeted_) return refuse("hello-first", "the first message must be a Hello");
    if (message.has_resync_begin()) return on_resync_begin(message.resync_begin());
    if (message.has_batch()) return on_batch(*message.mutable_batch());
    if (message.has_resync_commit()) return on_resync_commit(message.resync_commit());
    if (message.has_observations()) return on_observations(message.observations());
    if (message.has_status_request()) {
        api::ToControl reply;
        api::Status& status = *reply.mutable_status();
        status.set_generation(generation_);
        status.set_transports(static_cast<std::uint32_t>(state_.transports()));
        status.set_tracks(static_cast<std::uint32_t>(state_.tracks()));
        status.set_subscriptions(static_cast<std::uint32_t>(state_.subscriptions()));
        return send(reply);
    }
    refuse("unknown-message", "a message of no kind this program knows");
}

void ControlServer::on_hello(const api::Hello& hello) {
    if (hello.version() != api::kProtocolVersion)
        return refuse("version", "version " + std::to_string(hello.version()) +
                                     " of the protocol is asked for, this program speaks " +
                                     std::to_string(api::kProtocolVersion));
    greeted_ = true;
    resync_ = {};
    api::ToControl reply;
    api::HelloReply& to = *reply.mutable_hello();
    to.set_version(api::kProtocolVersion);
    to.set_dataplane_epoch(config_.epoch);
    to.set_generation(generation_);
    to.set_statistics_segment(config_.statistics_segment);
    to.set_crypto_engine(config_.crypto_engine);
    to.set_observation_segment(config_.observation_segment);
    for (const api::WorkerInfo& worker : config_.workers) *to.add_workers() = worker;
    send(reply);
    send_learned();
    state_.observe({});  // those of the one before, who may have died over them
}

void ControlServer::on_observations(const api::Observations& wanted) {
    state_.observe(wanted);
    observing_generation_ = wanted.generation();
    observing_mark_ = state_.mark();
    state_.pump();
}

void ControlServer::on_resync_begin(const api::ResyncBegin& begin) {
    resync_ = {};
    resync_.active = true;
    resync_.generation = begin.generation();
}

void ControlServer::on_batch(api::Batch& batch) {
    if (resync_.active) {
        if (batch.remove_size() != 0) {
            resync_ = {};
            return refuse("remove-in-resync", "a resync names what exists, it removes nothing");
        }
        for (api::Object& object : *batch.mutable_put()) {
            ++resync_.objects;
            resync_.digest.add(object.SerializeAsString());
            if (resync_.puts.size() < config_.max_staged_objects)
                resync_.puts.push_back(object);
            else
                resync_.overflow = true;
            if (object.has_transport()) wipe_keys(*object.mutable_transport());
        }
        return;
    }
    PendingReply reply{.generation = batch.generation()};
    for (const api::ObjectRef& object : batch.remove()) state_.remove(object);
    std::vector<api::Object*> puts;
    for (api::Object& object : *batch.mutable_put()) puts.push_back(&object);
    apply(puts, reply);
}

void ControlServer::on_resync_commit(const api::ResyncCommit& commit) {
    Resync resync = std::exchange(resync_, {});
    if (!resync.active) return refuse("no-resync", "a commit without a begin");
    if (resync.overflow)
        return refuse("too-many-objects", "a resync names at most " +
                                              std::to_string(config_.max_staged_objects) +
                                              " objects, found " + std::to_string(resync.objects));
    if (commit.generation() != resync.generation || commit.object_count() != resync.objects ||
        commit.digest() != resync.digest.value())
        return refuse("digest",
                      "the commit names " + std::to_string(commit.object_count()) +
                          " objects of generation " + std::to_string(commit.generation()) + ", " +
                          std::to_string(resync.objects) + " of generation " +
                          std::to_string(resync.generation) + " arrived, or their digests differ");
    std::vector<api::ObjectRef> keep;
    std::vector<api::Object*> puts;
    for (api::Object& object : resync.puts) {
        keep.push_back(ref_of(object));
        puts.push_back(&object);
    }
    state_.retain(keep);
    PendingReply reply{.generation = commit.generation()};
    apply(puts, reply);
}

// Transports first, then what lives on them, whatever the order in which they came. Keys end here.
void ControlServer::apply(const std::vector<api::Object*>& puts, PendingReply& reply) {
    for (const auto kind : {api::Object::kTransport, api::Object::kTrack,
                            api::Object::kSubscription, api::Object::BODY_NOT_SET})
        for (api::Object* object : puts) {
            if (object->body_case() != kind) continue;
            const auto problem = state_.put(*object);
            if (object->has_transport()) wipe_keys(*object->mutable_transport());
            if (problem) {
                api::ObjectError& error = reply.errors.emplace_back();
                *error.mutable_object() = ref_of(*object);
                error.set_code(problem->code);
                error.set_message(problem->message);
            }
        }
    generation_ = reply.generation;
    statistics_.header().generation.set(generation_);
    forget_removed();
    reply.mark = state_.mark();
    pending_.push_back(std::move(reply));
    state_.pump();
}

// A change is reported once every worker works by it (C45), whatever came after it.
void ControlServer::reply_when_settled() {
    if (observing_generation_ != 0 && observation_header_ && state_.reached(observing_mark_))
        observation_header_->applied.set(std::exchange(observing_generation_, 0));
    while (!pending_.empty() && state_.reached(pending_.front().mark)) {
        const PendingReply done = std::move(pending_.front());
        pending_.pop_front();
        api::ToControl reply;
        reply.mutable_applied()->set_generation(done.generation);
        std::size_t bytes = 0;
        for (const api::ObjectError& error : done.errors) {
            bytes += error.ByteSizeLong() + 8;
            if (bytes > api::kMaxMessageBytes - 1024) break;  // the rest is as wrong as these
            *reply.mutable_applied()->add_errors() = error;
        }
        send(reply);
    }
}

void ControlServer::on_notice(const Notice& notice) {
    api::ToControl message;
    if (notice.kind == Notice::Kind::transport_latched) {
        latched_[notice.id] = notice.endpoint;
        api::TransportLatched& latched = *message.mutable_event()->mutable_latched();
        latched.set_transport(notice.id);
        latched.set_address(address_bytes(notice.endpoint.address));
        latched.set_port(notice.endpoint.port);
    } else if (notice.kind == Notice::Kind::transport_nominated) {
        ice_[notice.id] = notice;
        api::TransportNominated& nominated = *message.mutable_event()->mutable_nominated();
        nominated.set_transport(notice.id);
        nominated.set_address(address_bytes(notice.endpoint.address));
        nominated.set_port(notice.endpoint.port);
        nominated.set_tcp(notice.tcp);
    } else if (notice.kind == Notice::Kind::consent_lost) {
        ice_[notice.id] = notice;
        message.mutable_event()->mutable_consent_lost()->set_transport(notice.id);
    } else {
        learned_[{notice.id, notice.encoding, notice.rtx}] = notice.ssrc;
        api::SsrcLearned& learned = *message.mutable_event()->mutable_ssrc_learned();
        learned.set_track(notice.id);
        learned.set_encoding(notice.encoding);
        learned.set_ssrc(notice.ssrc);
        learned.set_rtx(notice.rtx);
    }
    if (greeted_) send(message);
}

void ControlServer::forget_removed() {
    std::erase_if(latched_, [&](const auto& e) { return !state_.has_transport(e.first); });
    std::erase_if(ice_, [&](const auto& e) { return !state_.has_transport(e.first); });
    std::erase_if(learned_, [&](const auto& e) { return !state_.has_track(std::get<0>(e.first)); });
}

void ControlServer::send_learned() {
    for (const auto& [id, endpoint] : std::map(latched_))
        on_notice({.kind = Notice::Kind::transport_latched, .id = id, .endpoint = endpoint});
    for (const auto& [id, notice] : std::map(ice_)) on_notice(notice);
    for (const auto& [key, ssrc] : std::map(learned_))
        on_notice({.kind = Notice::Kind::ssrc_learned,
                   .id = std::get<0>(key),
                   .ssrc = ssrc,
                   .encoding = std::get<1>(key),
                   .rtx = std::get<2>(key)});
}

void ControlServer::send(const api::ToControl& message) {
    if (!link_.connected()) return;
    if (outgoing_.size() >= kMaxOutgoing) return disconnect();
    outgoing_.push_back(message.SerializeAsString());
    flush();
}

void ControlServer::flush() {
    while (!outgoing_.empty() && link_.connected()) {
        const auto sent = link_.send(outgoing_.front());
        if (!sent && sent.error() == api::LinkError::would_block) return;
        if (!sent) return disconnect();
        outgoing_.pop_front();
    }
}

void ControlServer::refuse(const char* code, const std::string& message) {
    api::ToControl reply;
    reply.mutable_refused()->set_code(code);
    reply.mutable_refused()->set_message(message);
    send(reply);
}

}  // namespace strata::dataplane
