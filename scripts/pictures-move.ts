// Moves the uploaded pictures to where PICTURE_STORAGE says, while gateways run: from the database to the S3-compatible storage, or back.
//
//   npm run pictures:move     with the gateways' settings
//
// Exit codes: 0 each picture is there, 1 some have no bytes anywhere, 2 the settings, the database or the storage are not usable.
import "./explain-errors.ts";
import { openPictures } from "../src/catalog/index.ts";
import { systemClock } from "../src/platform/clock.ts";
import { openDb } from "../src/platform/db.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";

const config = readProcessConfig();
const log = await makeLogger({ level: config.logLevel, pretty: !config.isProduction });
const { url, stop } = await provideDatabase(config);
const db = openDb(url, 2);
const { pictures, objects } = openPictures({ config, db, clock: systemClock, log });
try {
  const { moved, missing } = await pictures.move();
  const place = config.pictures.storage === "s3" ? "the S3-compatible storage" : "the database";
  console.log(`${moved} ${moved === 1 ? "picture" : "pictures"} moved to ${place}.`);
  for (const hash of missing) console.error(`The object of the picture ${hash} is gone. Upload the picture again.`);
  process.exitCode = missing.length > 0 ? 1 : 0;
} finally {
  await objects?.close();
  await db.$disconnect();
  await stop();
}
