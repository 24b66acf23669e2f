/** The part of the schema that the benchmark's queries need. */
export const typeDefs = `
  type Query { me: Customer  rewards(first: Int): RewardConnection!  orders(first: Int): OrderConnection! }
  type Customer { customerId: String!  wallet: Wallet }
  type Wallet { balance: Int earned: Int held: Int available: Int }
  type RewardConnection { nodes: [Reward!]!  pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean!  endCursor: String }
  type Reward { sku: String! name: String! kind: String! points: Int! brand: String! category: String! imageUrl: String! stock: Int }
  type OrderConnection { nodes: [Order!]! }
  type Order { number: String! status: String! total: Int! customer: Customer! lines: [OrderLine!]! }
  type OrderLine { name: String! quantity: Int! points: Int! reward: Reward }
`;
