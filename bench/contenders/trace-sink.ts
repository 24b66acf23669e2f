// Receives traces and discards them, in a process whose CPU is not counted.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
});
server.listen(0, () => process.send?.({ url: `http://localhost:${(server.address() as AddressInfo).port}` }));
process.on("SIGTERM", () => process.exit(0));
