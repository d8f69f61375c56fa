import CCurl
import Dispatch
import Foundation
import Synchronization

/// Sends requests over HTTP and HTTPS. Safe to share: concurrent requests use connections of their own.
///
/// Never repeats a request by itself: whether a repetition is safe is the caller's knowledge.
public final class HTTPClient: Sendable {
  public let tls: TLSFiles
  private let idle = Mutex<[Handle]>([])

  public init(tls: TLSFiles = TLSFiles()) { self.tls = tls }

  /// Sends a request and waits for the answer.
  ///
  /// - Parameters:
  ///   - receive: sees the body of a success in pieces as they come, and returns false to end the exchange; without it,
  ///     and of any other answer, the body is collected into the response.
  ///   - isCancelled: asked about once a second.
  public func send(
    _ request: HTTPRequest, isCancelled: @escaping @Sendable () -> Bool = { false },
    receive: ((UnsafeRawBufferPointer) -> Bool)? = nil
  ) throws(HTTPError) -> HTTPResponse {
    let handle = try takeHandle()
    let exchange = Exchange(receive: receive, isCancelled: isCancelled)
    let result = perform(request, exchange, on: handle)
    idle.withLock { $0.append(handle) }
    if exchange.hasStopped { throw Self.error(.cancelled, request, "ended by its receiver", result) }
    guard result.code == 0 else { throw Self.error(request, result) }
    return HTTPResponse(status: Int(result.status), headers: exchange.headers, body: exchange.body)
  }

  /// Sends a request without blocking a thread of the caller's. Cancelling the task ends the exchange.
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let cancelled = CancellationFlag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(with: Result { try self.send(request, isCancelled: { cancelled.isSet }) })
        }
      }
    } onCancel: {
      cancelled.set()
    }
  }

  private func takeHandle() throws(HTTPError) -> Handle {
    if let handle = idle.withLock({ $0.popLast() }) { return handle }
    guard let raw = ccurl_open() else {
      throw HTTPError(kind: .invalid, message: "libcurl (libcurl.so.4) could not be loaded", mayHaveHadEffect: false)
    }
    return Handle(raw: raw)
  }

  private func perform(_ request: HTTPRequest, _ exchange: Exchange, on handle: Handle) -> ccurl_result {
    var result = ccurl_result()
    let arena = Arena()
    let headers = RequestHeaders.all(of: request).map { arena.text("\($0.name): \($0.value)") }
    let body = request.body.map { arena.bytes($0) }
    headers.withUnsafeBufferPointer { headers in
      var raw = ccurl_request()
      raw.method = arena.text(request.method.rawValue)
      raw.url = arena.text(request.url)
      raw.headers = headers.baseAddress
      raw.header_count = Int32(headers.count)
      raw.body = body.map { UnsafePointer($0) }
      raw.body_count = Int64(request.body?.count ?? 0)
      raw.signature = arena.text(request.signature?.curlProvider)
      raw.access_key = arena.text(request.signature?.credentials.accessKey)
      raw.secret_key = arena.text(request.signature?.credentials.secretKey)
      raw.authority_file = arena.text(tls.authority)
      raw.certificate_file = arena.text(tls.certificate)
      raw.key_file = arena.text(tls.key)
      raw.set(request.limits)
      raw.context = Unmanaged.passUnretained(exchange).toOpaque()
      raw.receive_body = { Exchange.at($0)?.receive(UnsafeRawBufferPointer(start: $1, count: $2)) ?? false }
      raw.receive_header = { Exchange.at($0)?.header(UnsafeRawBufferPointer(start: $1, count: $2)) ?? false }
      raw.is_cancelled = { Exchange.at($0)?.checkCancelled() ?? true }
      withExtendedLifetime(exchange) { ccurl_perform(handle.raw, &raw, &result) }
    }
    return result
  }

  // Codes of <curl/curl.h>: 3 malformed URL, 5-7 resolve and connect, 28 timeout, 35, 58, 60, 77 TLS.
  private static func error(_ request: HTTPRequest, _ result: ccurl_result) -> HTTPError {
    let kind: HTTPError.Kind =
      switch result.code {
      case 1, 3, 43: .invalid
      case 5, 6, 7: .unreachable
      case 28: .timeout
      case 35, 51, 53, 54, 58, 59, 60, 66, 77, 83: .security
      case 42: .cancelled
      default: .broken
      }
    var message = result.message
    let text = withUnsafeBytes(of: &message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return error(kind, request, text, result)
  }

  private static func error(
    _ kind: HTTPError.Kind, _ request: HTTPRequest, _ reason: String, _ result: ccurl_result
  ) -> HTTPError {
    HTTPError(
      kind: kind, message: "\(request.method.rawValue) \(request.url): \(reason)", mayHaveHadEffect: result.was_sent)
  }
}

extension ccurl_request {
  fileprivate mutating func set(_ limits: HTTPRequest.Limits) {
    connect_timeout_ms = Int64(limits.connect / .milliseconds(1))
    timeout_ms = limits.total.map { Int64($0 / .milliseconds(1)) } ?? 0
    idle_timeout_s = limits.idle.map { max(1, Int64($0 / .seconds(1))) } ?? 0
  }
}

/// A libcurl handle with its connections.
private final class Handle: @unchecked Sendable {
  // Sendable: taken out of the pool for as long as a thread uses it.
  let raw: OpaquePointer

  init(raw: OpaquePointer) { self.raw = raw }

  deinit { ccurl_close(raw) }
}

private final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}

/// Copies of texts and bytes for C, freed together.
private final class Arena {
  private var texts: [UnsafeMutablePointer<CChar>] = []
  private var buffers: [UnsafeMutablePointer<UInt8>] = []

  func text(_ value: String?) -> UnsafePointer<CChar>? {
    guard let copy = value.flatMap({ strdup($0) }) else { return nil }
    texts.append(copy)
    return UnsafePointer(copy)
  }

  func bytes(_ data: Data) -> UnsafeMutablePointer<UInt8> {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, data.count))
    data.copyBytes(to: copy, count: data.count)
    buffers.append(copy)
    return copy
  }

  deinit {
    for text in texts { free(text) }
    for buffer in buffers { buffer.deallocate() }
  }
}
