import ArgumentParser
import Foundation

/// `--partition`.
struct PartitionOptions: ParsableArguments {
  @Option(
    name: .customLong("partition"),
    help: """
      A partition column: name=value for one value, name alone for a column of the parts; may be repeated. Default: the \
      plan's labels date and model_version.
      """)
  var partition: [PartitionFlag] = []

  var fixed: [Batch.PartitionColumn] {
    partition.compactMap { flag in flag.value.map { Batch.PartitionColumn(name: flag.name, value: $0) } }
  }

  var fromData: [String] { partition.filter { $0.value == nil }.map(\.name) }

  func validate() throws {
    let names = partition.map(\.name)
    guard Set(names).count == names.count else {
      throw ValidationError("--partition names the same column twice: \(names.joined(separator: ", "))")
    }
  }
}

/// `--partition name=value`, `--partition name`.
struct PartitionFlag: ExpressibleByArgument {
  let name: String
  /// nil for a column of the parts.
  let value: String?

  init?(argument: String) {
    let equals = argument.firstIndex(of: "=")
    name = String(argument[..<(equals ?? argument.endIndex)])
    value = equals.map { String(argument[argument.index(after: $0)...]) }
    // A name becomes part of a path, and an empty value would be null.
    guard value != "", !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    else { return nil }
  }
}

/// What a batch is checked against.
struct CheckOptions: ParsableArguments {
  @Option(help: "A file of thresholds; a batch that fails one is not merged.", completion: .file())
  var thresholds: String?

  @Option(help: "What drift is measured against: previous, none, or a manifest's path.")
  var baseline = "previous"

  var source: Baseline.Source {
    switch baseline {
    case "previous": .previous
    case "none": .none
    default: .file(baseline)
    }
  }
}

/// What the shards' instances cost.
struct CostOptions: ParsableArguments {
  @Option(name: .customLong("price-per-hour"), help: "Dollars for one instance for one hour; gives a cost.")
  var pricePerHour: Price?

  @Option(help: "Instances that ran the shards.")
  var instances = 1

  @Option(help: "A file of prices, instead of --price-per-hour.", completion: .file())
  var prices: String?

  @Option(name: .customLong("instance-type"), help: "The instances' type in the file of prices.")
  var instanceType: String?

  @Flag(help: "At the spot price.")
  var spot = false

  @Option(help: "Watts that one instance draws, if that is known; gives the energy.")
  var watts: Price?

  func validate() throws {
    guard instances >= 1 else { throw ValidationError("--instances starts at 1") }
    guard (prices == nil) == (instanceType == nil) else {
      throw ValidationError("--prices and --instance-type go together")
    }
    guard prices == nil || pricePerHour == nil else {
      throw ValidationError("--prices and --price-per-hour exclude each other")
    }
  }

  func rate() throws -> BatchCost.Rate? {
    if let prices, let instanceType {
      let market: BatchCost.Market = spot ? .spot : .onDemand
      let price = try PriceTable(readingFrom: prices).price(of: instanceType, market, file: prices)
      return BatchCost.Rate(
        pricePerHour: price, instances: instances, instanceType: instanceType, market: market, watts: watts?.dollars)
    }
    return pricePerHour.map {
      BatchCost.Rate(
        pricePerHour: $0.dollars, instances: instances, market: spot ? .spot : nil, watts: watts?.dollars)
    }
  }
}

/// An amount of money, or of another thing that is not negative.
struct Price: ExpressibleByArgument {
  let dollars: Decimal

  /// `3`, `3.06`, `.5`: digits and at most one point. `Decimal` alone would stop at the first other character.
  init?(argument: String) {
    let digits = argument.filter { $0 != "." }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      argument.utf8.count - digits.utf8.count <= 1,
      let dollars = Decimal(string: argument, locale: Locale(identifier: "en_US_POSIX"))
    else { return nil }
    self.dollars = dollars
  }
}
