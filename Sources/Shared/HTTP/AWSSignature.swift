import Crypto
import Foundation

/// Keys for Amazon's services, and for stores that speak S3.
public struct AWSCredentials: Sendable, Equatable {
  public var accessKey: String
  public var secretKey: String
  /// With temporary keys.
  public var sessionToken: String?

  public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }

  /// From `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; nil when they are not set.
  public init?(environment: [String: String]) {
    guard let accessKey = environment["AWS_ACCESS_KEY_ID"], let secretKey = environment["AWS_SECRET_ACCESS_KEY"]
    else { return nil }
    self.init(accessKey: accessKey, secretKey: secretKey, sessionToken: environment["AWS_SESSION_TOKEN"])
  }
}

/// How a request is signed (AWS Signature Version 4); libcurl does it.
///
/// libcurl before 8.3 signs path and query as they stand, without bringing them into canonical form. URLs of signed
/// requests are therefore made by `AWSURL`, which writes them in that form.
public struct AWSSignature: Sendable, Equatable {
  public var credentials: AWSCredentials
  public var region: String
  /// `s3`, `sns`.
  public var service: String

  public init(credentials: AWSCredentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  var curlProvider: String { "aws:amz:\(region):\(service)" }
}

/// URLs in the canonical form of AWS signatures: unreserved characters as they are, all others as `%XX`, queries
/// sorted by name.
public enum AWSURL {
  /// - Parameters:
  ///   - base: scheme and host, without a slash at the end.
  ///   - path: not encoded, begins with `/`.
  public static func make(base: String, path: String, query: [String: String] = [:]) -> String {
    let pairs = query.map { "\(encode($0.key))=\(encode($0.value))" }
    let sorted = pairs.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return base + encode(path, keepingSlash: true) + (sorted.isEmpty ? "" : "?" + sorted.joined(separator: "&"))
  }

  /// A text as it stands in a query or a form.
  public static func encode(_ text: String) -> String { encode(text, keepingSlash: false) }

  private static func encode(_ text: String, keepingSlash: Bool) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/")) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

/// The headers that a request goes out with.
enum RequestHeaders {
  /// Above this, libcurl asks for permission to send a body, and waits a second where no one answers.
  private static let largestWithoutExpect = 1 << 20

  static func all(of request: HTTPRequest) -> [(name: String, value: String)] {
    var headers = request.headers
    let names = Set(headers.map { $0.name.lowercased() })
    if request.body != nil, !names.contains("content-type") {
      headers.append(("Content-Type", "application/octet-stream"))
    }
    if let body = request.body, body.count > largestWithoutExpect { headers.append(("Expect", "")) }
    guard let signature = request.signature else { return headers }
    if let token = signature.credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
    // Given here, because libcurl hashes no body but a POST's.
    headers.append(("x-amz-content-sha256", hash(request.body ?? Data())))
    return headers
  }

  private static func hash(_ data: Data) -> String {
    SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
  }
}
