import Foundation
import RunFiles

/// Prices of instances by type. A file of the user's: prices change, and programs do not know them.
struct PriceTable: RunFile, Equatable {
  static let kind: String? = "prices"
  static let format = 1

  struct Prices: Codable, Equatable, Sendable {
    /// Dollars an hour.
    var onDemand: Decimal?
    var spot: Decimal?

    enum CodingKeys: String, CodingKey {
      case spot
      case onDemand = "on_demand"
    }
  }

  var instances: [String: Prices]

  func price(of instance: String, _ market: BatchCost.Market, file: String) throws -> Decimal {
    let prices = instances[instance]
    guard let price = market == .spot ? prices?.spot : prices?.onDemand else {
      throw ConsolidateError.noPrice(instance: "\(instance) (\(market.rawValue))", file: file)
    }
    // Decimals pass through binary fractions in JSON; prices have no more than six digits.
    return price.rounded(6)
  }
}
