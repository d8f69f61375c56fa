import DeltaLog
import Foundation
import HTTP
import RunFiles

/// News that has to be delivered, kept with the table: at least once, under one id.
///
/// A message is written down before it is sent, and a mark beside it says where it has arrived. A process that dies
/// in between leaves a message without its mark; the next merge of the batch, or `Consolidate notify`, sends it again.
struct Outbox {
  static let directory = "_outbox"
  private static let attempts = 4

  let store: any TableStore
  var client = HTTPClient()
  var environment = ProcessInfo.processInfo.environment
  var pause: (Int) -> Void = { usleep(UInt32(250_000 << $0)) }

  /// A message on its way.
  private struct Entry {
    let name: String
    let id: String
    let batch: String
    let message: JSONValue
    let targets: [NotificationTarget]
  }

  /// Writes a message down. One that is there already stays as it is.
  func queue(_ message: BatchMessage, to targets: [NotificationTarget]) throws {
    let places = targets.map(\.text).sorted()
    let key = FileDigest.sha256(of: ([message.id] + places).joined(separator: "\n")).prefix(12)
    let path = "\(Self.directory)/\(message.version)-\(key).json"
    let entry = JSONValue.object([
      "format": .whole(1), "kind": .string("notification"), "id": .string(message.id),
      "batch": .string(message.batch), "message": message.json, "targets": .array(places.map(JSONValue.string)),
    ])
    if case .unknown(let reason) = try store.create(path, Data(entry.fileText.utf8)), try store.info(path) == nil {
      throw ConsolidateError.system(path: store.location(path), operation: "write", reason: reason)
    }
  }

  /// Sends what has not arrived.
  ///
  /// - Returns: how many messages arrived now.
  /// - Throws: `notificationsPending` when some did not.
  @discardableResult
  func deliver() throws -> Int {
    let files = try store.files(below: Self.directory).map(\.path)
    let marks = Set(files.filter { $0.hasSuffix(".sent") })
    var (sent, pending, reason) = (0, 0, "")
    for path in files where path.hasSuffix(".json") {
      let entry = try entry(path)
      for target in entry.targets where !marks.contains(mark(entry, target)) {
        if let failure = send(entry, to: target) {
          pending += 1
          reason = failure
          continue
        }
        Failpoint.notified.reach()
        try store.write(mark(entry, target), Data("\(target.text)\n".utf8))
        sent += 1
      }
    }
    guard pending == 0 else { throw ConsolidateError.notificationsPending(count: pending, reason: reason) }
    return sent
  }

  private func mark(_ entry: Entry, _ target: NotificationTarget) -> String {
    "\(Self.directory)/\(entry.name).\(target.fingerprint).sent"
  }

  private func entry(_ path: String) throws -> Entry {
    let tree = try store.read(path).map { try JSONValue(parsing: $0) } ?? .null
    guard let id = tree["id"]?.text, let batch = tree["batch"]?.text, let message = tree["message"],
      case .array(let targets)? = tree["targets"]
    else { throw RunFileError.malformed(path: store.location(path), reason: "not a notification") }
    let name = String(path.dropFirst(Self.directory.count + 1).dropLast(".json".count))
    return Entry(
      name: name, id: id, batch: batch, message: message,
      targets: targets.compactMap { $0.text.flatMap(NotificationTarget.init) })
  }

  /// - Returns: why the message did not arrive; nil when it did.
  private func send(_ entry: Entry, to target: NotificationTarget) -> String? {
    var reason = ""
    for attempt in 0..<Self.attempts {
      if attempt > 0 { pause(attempt - 1) }
      do {
        let request = try target.request(
          entry.id, batch: entry.batch, message: entry.message, environment: environment)
        let response = try client.send(request)
        if response.isSuccess { return nil }
        reason = "\(target.text) answered \(response.status): \(response.excerpt)"
        // Another 4xx than these is an answer that stays.
        if (400..<500).contains(response.status), ![408, 425, 429].contains(response.status) { return reason }
      } catch let error as HTTPError {
        reason = error.message
      } catch {
        return reportable(error).message
      }
    }
    return reason
  }
}
