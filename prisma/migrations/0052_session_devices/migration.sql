-- Such as "Firefox on Windows". The whole User-Agent would tell one visitor from another.
ALTER TABLE "sessions" ADD COLUMN "device" TEXT;
