import Foundation
import RunFiles

/// What a merge tells: a few lines for people, JSON for programs.
struct MergeReport {
  enum Outcome: String {
    case merged
    /// The table held the batch already; nothing was added.
    case alreadyMerged = "already merged"
  }

  let outcome: Outcome
  let table: String
  let manifest: BatchManifest
  let shards: Int

  /// The manifest with `outcome` and `table`, for standard output.
  func json() throws -> String {
    guard case .object(var members) = try manifest.tree() else { return "" }
    members["outcome"] = .string(outcome.rawValue)
    members["table"] = .string(table)
    return JSONValue.object(members).fileText
  }

  /// The report for standard error.
  var text: String {
    let title = "\(manifest.batch): \(outcome.rawValue) as version \(manifest.tableVersion) of \(table)\n"
    return rows.reduce(title) { text, row in
      text + "  " + row.name.padding(toLength: 12, withPad: " ", startingAt: 0) + row.value + "\n"
    }
  }

  /// What there is to say, name by name.
  var rows: [(name: String, value: String)] {
    let timings = manifest.timings
    let bytes = manifest.files.reduce(0) { $0 + $1.bytes }
    var rows = [
      (
        "rows",
        "\(Self.grouped(manifest.recordCount)) of \(Self.count(shards, "shard")), "
          + Self.count(manifest.deadLetters, "dead letter")
      ),
      ("files", "\(Self.count(manifest.files.count, "file")), \(Self.count(bytes, "byte"))"),
      ("shards ran", "\(Self.seconds(timings.wallSeconds)) s, \(Self.seconds(timings.cpuSeconds)) s of CPU"),
    ]
    if let rate = timings.rowsPerSecond {
      rows.append(("throughput", "\(Self.grouped(Int(rate.rounded()))) rows/s"))
    }
    rows.append(("merge", "\(Self.seconds(timings.mergeSeconds)) s"))
    if let byKey = manifest.rowsByKey {
      let text = "inserted \(Self.grouped(byKey.inserted)), updated \(Self.grouped(byKey.updated))"
      rows.append(("by key", "\(text), left out \(Self.grouped(byKey.leftOut))"))
    }
    for (column, drift) in (manifest.drift ?? [:]).sorted(by: { $0.key < $1.key }) {
      rows.append(("drift", "\(column): PSI \(drift.psi), KS \(drift.ks) against \(manifest.baseline ?? "")"))
    }
    if let checks = manifest.checks, !checks.isEmpty {
      rows.append(("checks", "\(Self.count(checks.count, "check")) passed"))
    }
    return rows + (manifest.cost.map(costRows) ?? [])
  }

  private func costRows(_ cost: BatchCost) -> [(name: String, value: String)] {
    let wall = manifest.timings.wallSeconds
    let duration = wall < 3600 ? "\(Self.seconds(wall)) s" : "\(cost.hours.fixed(2)) h"
    let price = "\(Self.count(cost.instances, "instance")) at $\(cost.pricePerHour.atLeast(2)) an hour for \(duration)"
    var rows = [("cost", "$\(cost.total.fixed(2)): \(price)")]
    if let million = cost.perMillionRows, let row = cost.perRow {
      rows.append(("", "$\(million.fixed(2)) per million rows, $\(row.significant(2)) per row"))
    }
    if let retries = cost.retries {
      rows.append(("retries", "\(retries.seconds.fixed(1)) s, $\(retries.cost.fixed(4)), at most"))
    }
    if let energy = cost.energyKWh { rows.append(("energy", "\(energy.fixed(3)) kWh")) }
    return rows
  }

  /// `1 file`, `2,000 files`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  private static func seconds(_ value: Double) -> String { String(format: "%.1f", value) }

  /// Thousands are set apart: 25,000,000.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(abs(number)))
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
