import Foundation

/// What comes back while a request is under way. Used by the thread that sent it.
final class Exchange {
  private(set) var headers: [String: String] = [:]
  private(set) var body = Data()
  /// Whether the answer whose body comes is a success.
  private var isSuccess = false
  /// Whether the receiver or a cancellation ended it.
  private(set) var hasStopped = false
  private let receiver: ((UnsafeRawBufferPointer) -> Bool)?
  private let isCancelled: @Sendable () -> Bool

  init(receive: ((UnsafeRawBufferPointer) -> Bool)?, isCancelled: @escaping @Sendable () -> Bool) {
    receiver = receive
    self.isCancelled = isCancelled
  }

  /// The exchange that a callback of libcurl's belongs to; without one the callback has to end the transfer.
  static func at(_ context: UnsafeMutableRawPointer?) -> Exchange? {
    context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // The body of a refusal is its reason, and nothing that a receiver waits for.
    guard let receiver, isSuccess else {
      body.append(contentsOf: bytes)
      return true
    }
    if !receiver(bytes) { hasStopped = true }
    return !hasStopped
  }

  /// - Returns: true; a line of a header ends no exchange.
  func header(_ line: UnsafeRawBufferPointer) -> Bool {
    let text = String(decoding: line, as: UTF8.self)
    // A new status line starts over: what came before was `100 Continue` or a proxy's.
    if text.hasPrefix("HTTP/") {
      headers = [:]
      isSuccess = text.split(separator: " ").dropFirst().first?.first == "2"
    }
    guard let colon = text.firstIndex(of: ":") else { return true }
    headers[text[..<colon].lowercased()] =
      text[text.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    return true
  }

  func checkCancelled() -> Bool {
    if isCancelled() { hasStopped = true }
    return hasStopped
  }
}
