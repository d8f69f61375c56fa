import Foundation
import HTTP
import WorkflowCore

/// Why the API server did not do what it was asked to, by what the caller can do about it.
public enum KubernetesError: Error, Hashable, Sendable {
  /// No answer, or one that says "later": the same request may succeed. `mayHaveHadEffect` tells whether it already did.
  case unavailable(String, retryAfter: Duration?, mayHaveHadEffect: Bool)
  case notFound(String)
  case alreadyExists(String)
  /// The object was changed meanwhile.
  case conflict(String)
  /// The version that was asked for is too old (410): list again.
  case expired(String)
  case unauthorized(String)
  case forbidden(String)
  /// A quota of the namespace is used up: it may have room later.
  case overQuota(String)
  /// The request itself is wrong.
  case invalid(String)

  public var message: String {
    switch self {
    case .unavailable(let text, _, _), .notFound(let text), .alreadyExists(let text), .conflict(let text),
      .expired(let text), .unauthorized(let text), .forbidden(let text), .overQuota(let text), .invalid(let text):
      text
    }
  }

  /// Whether asking again later can help.
  public var isPassing: Bool {
    switch self {
    case .unavailable, .conflict, .expired, .overQuota, .unauthorized: true
    case .notFound, .alreadyExists, .forbidden, .invalid: false
    }
  }

  var retryAfter: Duration? {
    guard case .unavailable(_, let wait, _) = self else { return nil }
    return wait
  }
}

extension KubernetesError {
  init(_ error: HTTPError) {
    switch error.kind {
    case .invalid, .security: self = .invalid(error.message)
    case .unreachable, .timeout, .broken, .cancelled:
      self = .unavailable(error.message, retryAfter: nil, mayHaveHadEffect: error.mayHaveHadEffect)
    }
  }

  /// Reads an answer that is no success; its body usually holds a `Status` object.
  init(status: Int, headers: [String: String], body: Data, request: String) {
    let object = try? Value(json: String(decoding: body, as: UTF8.self))
    let said = object?["message"]?.stringValue ?? String(decoding: body.prefix(300), as: UTF8.self)
    let message = "\(request): \(status) \(said.isEmpty ? "without a message" : said)"
    let reason = object?["reason"]?.stringValue ?? ""
    switch status {
    case 400, 405, 406, 413, 415, 422: self = .invalid(message)
    case 401: self = .unauthorized(message)
    case 403: self = said.contains("exceeded quota") ? .overQuota(message) : .forbidden(message)
    case 404: self = .notFound(message)
    case 409: self = reason == "AlreadyExists" ? .alreadyExists(message) : .conflict(message)
    case 410: self = .expired(message)
    default:
      let wait = headers["retry-after"].flatMap { Int64($0) } ?? object?["details"]?["retryAfterSeconds"]?.integer
      self = .unavailable(message, retryAfter: wait.map { .seconds(min($0, 60)) }, mayHaveHadEffect: status != 429)
    }
  }
}

extension Value {
  var integer: Int64? {
    switch self {
    case .int(let number): number
    case .double(let number): Int64(exactly: number.rounded())
    default: nil
    }
  }

  var flag: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  /// The member at the end of a path of keys.
  subscript(path: [String]) -> Value? {
    path.reduce(Optional(self)) { $0?[$1] }
  }
}
