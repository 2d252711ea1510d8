#include "control/cli/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace strata::control::cli {
namespace {

using Body = std::expected<std::optional<std::string>, std::string>;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::size_t> parse_size(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

struct Header {
    int status = 0;
    std::string content_type;
    std::optional<std::size_t> content_length;
    bool chunked = false;
};

// Field lines, each ended by CRLF.
std::expected<Header, std::string> parse_header(std::string_view text) {
    Header header;
    const std::size_t line_end = text.find("\r\n");
    const std::string_view status_line = text.substr(0, line_end);
    if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12) {
        return std::unexpected("it isn't HTTP/1.1");
    }
    const auto status = parse_size(status_line.substr(9, 3), 10);
    if (!status || *status < 100 || *status > 599) return std::unexpected("it has no status");
    header.status = static_cast<int>(*status);
    text.remove_prefix(line_end + 2);
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 2);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return std::unexpected("a header line has no colon");
        const std::string name = lower(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (name == "content-type") {
            header.content_type = lower(trimmed(value.substr(0, value.find(';'))));
        } else if (name == "content-length") {
            header.content_length = parse_size(value, 10);
            if (!header.content_length) return std::unexpected("its Content-Length isn't a number");
        } else if (name == "transfer-encoding") {
            if (lower(value) != "chunked")
                return std::unexpected("its Transfer-Encoding is unknown");
            header.chunked = true;
        }
    }
    return header;
}

// RFC 9112 section 7.1. Chunk extensions and trailers are skipped.
Body parse_chunks(std::string_view bytes) {
    std::string body;
    while (true) {
        const std::size_t line_end = bytes.find("\r\n");
        if (line_end == std::string_view::npos) return std::nullopt;
        const std::string_view line = bytes.substr(0, line_end);
        const auto size = parse_size(trimmed(line.substr(0, line.find(';'))), 16);
        if (!size || *size > kLongestBodyBytes - body.size()) {
            return std::unexpected("a chunk has no possible size");
        }
        bytes.remove_prefix(line_end + 2);
        if (*size == 0) {
            if (bytes.starts_with("\r\n") || bytes.find("\r\n\r\n") != std::string_view::npos)
                return body;
            return std::nullopt;
        }
        if (bytes.size() < *size + 2) return std::nullopt;
        if (bytes.substr(*size, 2) != "\r\n") return std::unexpected("a chunk doesn't end");
        body += bytes.substr(0, *size);
        bytes.remove_prefix(*size + 2);
    }
}

Body parse_body(const Header& header, std::string_view bytes, bool closed) {
    if (header.status == 204 || header.status == 304) return std::string{};
    if (header.chunked) return parse_chunks(bytes);
    if (!header.content_length) {
        if (!closed) return std::nullopt;
        return std::string(bytes);
    }
    if (*header.content_length > kLongestBodyBytes) return std::unexpected("it is too long");
    if (bytes.size() < *header.content_length) return std::nullopt;
    return std::string(bytes.substr(0, *header.content_length));
}

}  // namespace

std::string request_bytes(const Request& request, const std::string& host) {
    std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + host +
                        "\r\nConnection: close\r\nAccept: application/json\r\n";
    if (!request.body.empty()) {
        bytes += "Content-Type: application/json\r\nContent-Length: " +
                 std::to_string(request.body.size()) + "\r\n";
    }
    return bytes + "\r\n" + request.body;
}

std::expected<std::optional<Response>, std::string> parse_response(std::string_view bytes,
                                                                   bool closed) {
    const auto unfinished = [&]() -> std::expected<std::optional<Response>, std::string> {
        if (closed) return std::unexpected("it ended too early");
        return std::nullopt;
    };
    std::expected<Header, std::string> header;
    do {
        const std::size_t end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            if (bytes.size() > kLongestHeaderBytes)
                return std::unexpected("its header is too long");
            return unfinished();
        }
        header = parse_header(bytes.substr(0, end + 2));
        if (!header) return std::unexpected(header.error());
        bytes.remove_prefix(end + 4);
    } while (header->status < 200);
    auto body = parse_body(*header, bytes, closed);
    if (!body) return std::unexpected(body.error());
    if (!*body) return unfinished();
    return Response{header->status, header->content_type, *std::move(*body)};
}

std::string encoded(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kHex[static_cast<unsigned char>(c) >> 4];
            out += kHex[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

}  // namespace strata::control::cli
