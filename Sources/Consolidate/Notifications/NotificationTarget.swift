import Foundation
import HTTP
import RunFiles

/// Where news of a batch goes.
enum NotificationTarget: Equatable, Sendable {
  /// A POST of the message as JSON.
  case webhook(url: String)
  /// A topic of Amazon's Simple Notification Service, or of one that speaks like it.
  case sns(topic: String)

  /// `https://...`, or `arn:aws:sns:<region>:<account>:<topic>`.
  init?(_ text: String) {
    if text.hasPrefix("https://") || text.hasPrefix("http://") {
      self = .webhook(url: text)
    } else if text.hasPrefix("arn:"), text.split(separator: ":").count == 6 {
      self = .sns(topic: text)
    } else {
      return nil
    }
  }

  var text: String {
    switch self {
    case .webhook(let url): url
    case .sns(let topic): topic
    }
  }

  /// A name for files.
  var fingerprint: String { String(FileDigest.sha256(of: text).prefix(12)) }

  func request(_ id: String, batch: String, message: JSONValue, environment: [String: String]) throws -> HTTPRequest {
    switch self {
    case .webhook(let url):
      HTTPRequest(
        .post, url, headers: [("Content-Type", "application/json"), ("Idempotency-Key", id)],
        body: Data(message.canonicalText.utf8))
    case .sns(let topic): try publish(topic, id, batch, message, environment)
    }
  }

  private func publish(
    _ topic: String, _ id: String, _ batch: String, _ message: JSONValue, _ environment: [String: String]
  ) throws -> HTTPRequest {
    guard let credentials = AWSCredentials(environment: environment) else {
      throw ConsolidateError.storeSettings("there are no keys for \(topic)")
    }
    let region = String(topic.split(separator: ":")[3])
    let endpoint = environment["AWS_ENDPOINT_URL_SNS"] ?? environment["AWS_ENDPOINT_URL"]
    var form = [
      "Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": message.canonicalText,
      "MessageAttributes.entry.1.Name": "id", "MessageAttributes.entry.1.Value.DataType": "String",
      "MessageAttributes.entry.1.Value.StringValue": id,
    ]
    if topic.hasSuffix(".fifo") {
      form["MessageDeduplicationId"] = FileDigest.sha256(of: id)
      form["MessageGroupId"] = FileDigest.sha256(of: batch)
    }
    let body = form.sorted { $0.key < $1.key }.map { "\(AWSURL.encode($0.key))=\(AWSURL.encode($0.value))" }
    let base = (endpoint ?? "https://sns.\(region).amazonaws.com")
    var request = HTTPRequest(
      .post, AWSURL.make(base: base, path: "/"), headers: [("Content-Type", "application/x-www-form-urlencoded")],
      body: Data(body.joined(separator: "&").utf8))
    request.signature = AWSSignature(credentials: credentials, region: region, service: "sns")
    return request
  }
}
