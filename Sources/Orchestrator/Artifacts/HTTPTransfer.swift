import Foundation
import HTTP

/// Moves files over HTTP. What failed for want of a network or a server is tried again a few times.
struct HTTPTransfer: Sendable {
  private static let attempts = 4

  let client: HTTPClient
  /// Waits before another attempt; tests do not.
  var pause: @Sendable (Int) -> Void = { attempt in usleep(UInt32(100_000 << attempt)) }

  init(client: HTTPClient = HTTPClient()) { self.client = client }

  /// Writes a body to a file: beside it first, so that it is never half there.
  func download(_ request: HTTPRequest, to file: String) throws(ArtifactError) {
    let new = file + ".part"
    defer { unlink(new) }
    try repeating(request) { request throws(HTTPError) -> HTTPResponse in
      let descriptor = open(new, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
      defer { close(descriptor) }
      return try client.send(
        request, receive: { bytes in write(descriptor, bytes.baseAddress, bytes.count) == bytes.count })
    }
    guard rename(new, file) == 0 else {
      throw ArtifactError(.unavailable, "cannot write \(file): \(String(cString: strerror(errno)))")
    }
  }

  func send(_ request: HTTPRequest) throws(ArtifactError) { _ = try body(request) }

  func body(_ request: HTTPRequest) throws(ArtifactError) -> Data {
    try repeating(request) { request throws(HTTPError) -> HTTPResponse in try client.send(request) }.body
  }

  @discardableResult
  private func repeating(
    _ request: HTTPRequest, _ exchange: (HTTPRequest) throws(HTTPError) -> HTTPResponse
  ) throws(ArtifactError) -> HTTPResponse {
    var reason = ""
    for attempt in 0..<Self.attempts {
      if attempt > 0 { pause(attempt) }
      switch Result(catching: { () throws(HTTPError) -> HTTPResponse in try exchange(request) }) {
      case .success(let response):
        if 200..<300 ~= response.status { return response }
        reason = "\(request.method.rawValue) \(request.url): the server answered \(response.status)"
        guard response.status == 429 || response.status >= 500 else {
          throw ArtifactError(response.status == 404 ? .absent : .invalid, reason)
        }
      case .failure(let error):
        reason = error.message
        guard error.kind != .invalid, error.kind != .security else { throw ArtifactError(.invalid, reason) }
      }
    }
    throw ArtifactError(.unavailable, reason)
  }
}
