
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

INSERT INTO public.audit_log (id, at, actor, action, subject, details, source_key) VALUES
	(1, '2026-11-29 14:03:16.013+00', 'operator', 'operator.mutation', 'createReward', '{"requestId": "5377404a-41cd-4df2-84fd-632e4033bb8b"}', NULL),
	(2, '2026-11-29 14:03:16.077+00', 'operator', 'reward.create', 'OLD-VOUCHER', NULL, NULL),
	(3, '2026-11-29 14:03:16.161+00', 'operator', 'operator.mutation', 'importVoucherCodes', '{"requestId": "2042958c-2a8b-4261-b879-d19c9a331fdd"}', NULL),
	(4, '2026-11-29 14:03:16.22+00', 'operator', 'vouchers.import', 'OLD-VOUCHER', '{"imported": 3}', NULL),
	(5, '2026-11-29 14:03:16.24+00', 'operator', 'operator.mutation', 'createReward', '{"requestId": "befbfb43-e1f3-475c-81f9-2cbfac6b5d02"}', NULL),
	(6, '2026-11-29 14:03:16.259+00', 'operator', 'reward.create', 'OLD-PARCEL', NULL, NULL),
	(7, '2026-11-29 14:03:16.756+00', 'C-of-0.1.0', 'session.open', 'C-of-0.1.0', '{"sessionId": "0514a02b-cc23-4aac-8447-a21d0254da9a"}', NULL),
	(8, '2026-11-29 14:03:17.752+00', 'service', 'member.link', 'C-of-0.1.0', '{"ids": ["USER_ID:4711", "NIK"], "awardsReleased": 0}', NULL),
	(9, '2026-11-29 14:03:17.876+00', 'operator', 'operator.mutation', 'openLuckyDraw', '{"requestId": "7e956aaa-2093-47d3-bac8-09e6ae21c5ba"}', NULL),
	(10, '2026-11-29 14:03:17.906+00', 'operator', 'draw.open', 'old-draw', NULL, NULL),
	(11, '2026-11-29 14:03:17.422+00', 'system', 'points.taken-confirmed', 'ORD-261129-YSB0YVJNS5', '{"group": null, "ledger": "CLIENT", "points": 100, "reason": null, "wallet": "INDIVIDUAL", "customer": "C-of-0.1.0"}', 'movement:4e83e04e-84b0-4e53-a89b-a3fd736a8cf9:CONFIRMED'),
	(12, '2026-11-29 14:03:17.651+00', 'system', 'points.taken-confirmed', 'ORD-261129-25N58R07QW', '{"group": null, "ledger": "CLIENT", "points": 200, "reason": null, "wallet": "INDIVIDUAL", "customer": "C-of-0.1.0"}', 'movement:52461dc1-1e85-4fd6-a5fc-78b40d116b48:CONFIRMED');

INSERT INTO public.audit_seals (seq, audit_id, content_hash, hash, sealed_at) VALUES
	(1, 1, '\xbb4ae333bde6a293e06f2f1f55cfcae62255e37215a426124531606eee20b3e1', '\x7ac44d03cf642ebd20af2c038c5241d1016d0e1a5e1d1e11f6ad5b95edc01fac', '2026-11-29 14:03:18.011+00'),
	(2, 2, '\xc753178b496ef01337224ed6a33ee75ad557e591d4ff4557223e0816ad8b8efe', '\x8f33b31897c680974e7a5156939990e387be316dccabd6c1364dcdd4a1482617', '2026-11-29 14:03:18.011+00'),
	(3, 3, '\x297de739a64929f4678c9e3b17e8e92bf10213691bf5b904966b6289d9a90f41', '\x495d05e5cb700486c6b138b7c2d25f23d578ddfd4f0789502981ae55c2a164ae', '2026-11-29 14:03:18.011+00'),
	(4, 4, '\xc641d2cc749722c1027405d6e816cf90741c6227051c3d19a40757bd063c1518', '\xab2f08a3088ee3b6fc6be9e76acff6912becd891ca0628cd3900fbf6160c1d7c', '2026-11-29 14:03:18.011+00'),
	(5, 5, '\x8b7971f0f1519d250376070633c611f754ef605a055312b55dbd35dacb353bdd', '\xa13cc3efc3b03810f1d6b43e9761689df4340e7a412ac7ad501a0f1a0f64987d', '2026-11-29 14:03:18.011+00'),
	(6, 6, '\xa158b5a3e0b7c4af934be54471a67ea57ff7543c09c79e4a4c6c63a380e3154a', '\xb985d4ed25104f72276737c1ccf5612719d0f446fd9c510f10fdeca392e5d792', '2026-11-29 14:03:18.011+00'),
	(7, 7, '\x1812783201990db70c5a886698de7e5f93fb2b0dcadb7291876b2e1e4d1c967b', '\x25733bf3d1a251b6d45e35c9344568a25894ccb275657bbc06cd02cb7da10db1', '2026-11-29 14:03:18.011+00'),
	(8, 8, '\x20f15274d054c37da0b7380f6ce7e17c737c033106ee744b22be3fd38e41ac61', '\x13d1b5a8cffc50ae8a31bae36b8e0e6ef8e3b99f37d3ebec25cec730b455671c', '2026-11-29 14:03:18.011+00'),
	(9, 9, '\xd61969ceafc30aefe23e7b822f6ac71ff76a20ab307271b18f53baa4f45fc80d', '\x7d1ff28f0864e485688d577673cc3a70744756f1fc7b96fedac2252038121585', '2026-11-29 14:03:18.011+00'),
	(10, 10, '\x95ee182c955dd8bd25c476fc38bdfd08d617d491a1124c476727ae988d7f10cc', '\x29b13a7fc4b70dfe39fe8e6ab7c7db4889f4773e7a971f6ef3d71057b5c1fa82', '2026-11-29 14:03:18.011+00'),
	(11, 11, '\xce2125a60c0d7a855733bb6f13870910837ecbf1c92c3eaac4890fac7a86bd21', '\xbeec0245df28060f4434dcc6cd484e0582be328e36b3bc30446a65d2d72ef086', '2026-11-29 14:03:18.011+00'),
	(12, 12, '\x1a03d606d4b8df9324a32cda2517457b64b462be8bdee963e42e387b7f5d0401', '\x9ca5472a7bed28ddf625dbd98fa49e1feb1758b018557b462632b465bdb9e9c9', '2026-11-29 14:03:18.011+00');

INSERT INTO public.carts (id, customer_id, status, version, created_at) VALUES
	('01a2279e-044c-7767-97f4-12111deb42fd', 'C-of-0.1.0', 'ORDERED', 1, '2026-11-29 14:03:16.941+00'),
	('01a2279e-068c-75ff-a336-d37db3cbbf60', 'C-of-0.1.0', 'ORDERED', 1, '2026-11-29 14:03:17.516+00');

INSERT INTO public.rewards (id, sku, name, description, kind, source, points, brand, category, image_url, terms, how_to_use, redemption_url, valid_from, valid_until, stock, limit_per_customer, active, archived_at, popularity, created_at, updated_at, payable_with, detailed_at, payment_configs, seen_at, upstream_id, upstream_image_url, vanished_at) VALUES
	('01a2279e-00e8-775d-b917-21c33c63143b', 'OLD-VOUCHER', 'Reward OLD-VOUCHER', 'Of 0.1.0.', 'E_GIFT_VOUCHER', 'BIGCITY', 100, 'Brand', 'Category', '/assets/rewards/none.svg', NULL, NULL, NULL, NULL, NULL, 2, NULL, true, NULL, 1, '2026-11-29 14:03:16.057+00', '2026-11-29 14:03:17.422+00', '{INDIVIDUAL}', NULL, NULL, NULL, NULL, NULL, NULL),
	('01a2279e-019f-7251-85d4-b4adc7a71203', 'OLD-PARCEL', 'Reward OLD-PARCEL', 'Of 0.1.0.', 'MERCHANDISE', 'BIGCITY', 200, 'Brand', 'Category', '/assets/rewards/none.svg', NULL, NULL, NULL, NULL, NULL, 4, NULL, true, NULL, 1, '2026-11-29 14:03:16.251+00', '2026-11-29 14:03:17.651+00', '{INDIVIDUAL}', NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO public.cart_lines (id, cart_id, reward_id, quantity, seen_points, pay_with, group_id) VALUES
	('01a2279e-0484-730f-9917-8ec6efca2554', '01a2279e-044c-7767-97f4-12111deb42fd', '01a2279e-00e8-775d-b917-21c33c63143b', 1, 100, 'INDIVIDUAL', NULL),
	('01a2279e-069e-700d-a086-565a91e72c8a', '01a2279e-068c-75ff-a336-d37db3cbbf60', '01a2279e-019f-7251-85d4-b4adc7a71203', 1, 200, 'INDIVIDUAL', NULL);

INSERT INTO public.reward_members (id, customer_id, since, merged_into, created_at) VALUES
	('2ab334f6-3601-457c-bedc-c68c2cdb7853', 'C-of-0.1.0', NULL, NULL, '2026-11-29 14:03:17.752+00');

INSERT INTO public.customers (customer_id, masked_mobile, ledger_version, created_at) VALUES
	('C-of-0.1.0', '98XXXXXX45', 4, '2026-11-29 14:03:16.775+00');

INSERT INTO public.orders (id, number, customer_id, cart_id, status, points_state, seq, total, shipping_address, client_token, placed_at, award_id) VALUES
	('5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 'ORD-261129-YSB0YVJNS5', 'C-of-0.1.0', '01a2279e-044c-7767-97f4-12111deb42fd', 'FULFILLED', 'TAKEN', 4, 100, NULL, NULL, '2026-11-29 14:03:17.304+00', NULL),
	('929be5ba-b59f-4d09-bb23-4c4810ccaece', 'ORD-261129-25N58R07QW', 'C-of-0.1.0', '01a2279e-068c-75ff-a336-d37db3cbbf60', 'PROCESSING', 'TAKEN', 4, 200, '{"city": "Pune", "name": "Asha Rao", "line1": "12 Lake Road", "line2": null, "phone": null, "region": null, "country": "IN", "postalCode": "411001"}', '\xa98a7db5cdd5e9756752a514fd114fd1b61aa43a1ae2388fb1295d6e7b302cf8d489ffa3acd6c5856f1aca9a7668f11f7fe253157d6c9d942eecd564ef4b003ecf4215ff9b815fbb5de55e53431dfd068ec478849795ccf95332ae206ef6d365b192babe3db214cda4985e4787f8fffa78d2cee0ca05f86d9b8b068418a300272e085417c5ff105040d6a7bfd17096356eca3859454f1403fd6b6c3b955a3de343a5327c2f5b194e621959f99ae258852ff3dbb1f9b6b6a4f51305d61d35479465f26c08bece0ff103f292693ec0fcc5a8a220f578b9229cbb638dc1a3f010803b99c70219d80f5f0f028036d4976cf828', '2026-11-29 14:03:17.588+00', NULL);

INSERT INTO public.draw_campaigns (id, campaign, seed, opening_hash, tickets, last_hash, given, opened_at, closed_at) VALUES
	('old-draw', '{"id": "old-draw", "name": "Everybody wins", "prizes": [{"id": "prize", "kind": "points", "name": "The prize", "stock": null, "points": 5, "oddsPpm": 1000000}, {"id": "no-luck", "kind": "none", "name": "No luck", "stock": null, "oddsPpm": 0}], "fallback": "no-luck", "seedCommit": "4408dc4f75ea43450f4238296f6baabae330a39aa4b9e1ccfdec5e78cb538303"}', '\x692c9ab81d3f1da8070e82ef4f3e93eb3f5ef854e176947bae1e9706fe49a0cd48d7162ba458b9162965179fdfdbc2b3a34d81f7582ed0b19ad7c28fc0cf920b23410847ca6c422ef98434886dc4809a60098316232c5452f4d06102', 'cb9c0e1f1d98dad1c0344e1da86a182bcc0f4d3c48ba1b9e78f7ea299f72e6fa', 0, 'cb9c0e1f1d98dad1c0344e1da86a182bcc0f4d3c48ba1b9e78f7ea299f72e6fa', '{}', '2026-11-29 14:03:17.906+00', NULL);

INSERT INTO public.idempotency_keys (actor, mutation, key, input_hash, order_id, created_at) VALUES
	('customer:C-of-0.1.0', 'placeOrder', '2e3bade0-d345-444b-bd2c-900c7d7dc3ca', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', '2026-11-29 14:03:17.304+00'),
	('customer:C-of-0.1.0', 'placeOrder', 'b644a066-a833-47bd-b152-f8565d787aee', '\x0e51eff040844d6e2c1d17d9ba20d192aa8b65879c2742ae23251b73e1f97460', '929be5ba-b59f-4d09-bb23-4c4810ccaece', '2026-11-29 14:03:17.588+00');

INSERT INTO public.member_feeds (customer_id, seq, relayed) VALUES
	('C-of-0.1.0', 8, 0);

INSERT INTO public.member_events (customer_id, seq, type, data, at) VALUES
	('C-of-0.1.0', 1, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PENDING", "orderId": "5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2", "orderSeq": 1, "orderNumber": "ORD-261129-YSB0YVJNS5", "pointsState": "NOT_TAKEN", "previousStatus": null}', '2026-11-29 14:03:17.304+00'),
	('C-of-0.1.0', 2, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PENDING", "orderId": "5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2", "orderSeq": 2, "orderNumber": "ORD-261129-YSB0YVJNS5", "pointsState": "TAKING", "previousStatus": "PENDING"}', '2026-11-29 14:03:17.304+00'),
	('C-of-0.1.0', 3, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PROCESSING", "orderId": "5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2", "orderSeq": 3, "orderNumber": "ORD-261129-YSB0YVJNS5", "pointsState": "TAKEN", "previousStatus": "PENDING"}', '2026-11-29 14:03:17.422+00'),
	('C-of-0.1.0', 4, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "FULFILLED", "orderId": "5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2", "orderSeq": 4, "orderNumber": "ORD-261129-YSB0YVJNS5", "pointsState": "TAKEN", "previousStatus": "PROCESSING"}', '2026-11-29 14:03:17.422+00'),
	('C-of-0.1.0', 5, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PENDING", "orderId": "929be5ba-b59f-4d09-bb23-4c4810ccaece", "orderSeq": 1, "orderNumber": "ORD-261129-25N58R07QW", "pointsState": "NOT_TAKEN", "previousStatus": null}', '2026-11-29 14:03:17.588+00'),
	('C-of-0.1.0', 6, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PENDING", "orderId": "929be5ba-b59f-4d09-bb23-4c4810ccaece", "orderSeq": 2, "orderNumber": "ORD-261129-25N58R07QW", "pointsState": "TAKING", "previousStatus": "PENDING"}', '2026-11-29 14:03:17.588+00'),
	('C-of-0.1.0', 7, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PROCESSING", "orderId": "929be5ba-b59f-4d09-bb23-4c4810ccaece", "orderSeq": 3, "orderNumber": "ORD-261129-25N58R07QW", "pointsState": "TAKEN", "previousStatus": "PENDING"}', '2026-11-29 14:03:17.651+00'),
	('C-of-0.1.0', 8, 'ORDER_STATUS_CHANGED', '{"lineId": null, "status": "PROCESSING", "orderId": "929be5ba-b59f-4d09-bb23-4c4810ccaece", "orderSeq": 4, "orderNumber": "ORD-261129-25N58R07QW", "pointsState": "TAKEN", "previousStatus": "PROCESSING"}', '2026-11-29 14:03:17.651+00');

INSERT INTO public.member_identities (kind, value, member_id, created_at) VALUES
	('USER_ID', '4711', '2ab334f6-3601-457c-bedc-c68c2cdb7853', '2026-11-29 14:03:17.752+00'),
	('NIK', 'eobmicodabhfmhfflkgfmcajodjhmabhfjeneefdmigkchkpagpjdkogildmnjcm', '2ab334f6-3601-457c-bedc-c68c2cdb7853', '2026-11-29 14:03:17.752+00');

INSERT INTO public.order_events (order_id, seq, status, previous_status, points_state, line_id, message, at, tells) VALUES
	('5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 1, 'PENDING', NULL, 'NOT_TAKEN', NULL, 'Placed.', '2026-11-29 14:03:17.304+00', 0),
	('5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 2, 'PENDING', 'PENDING', 'TAKING', NULL, 'The points are being taken.', '2026-11-29 14:03:17.304+00', 2),
	('5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 3, 'PROCESSING', 'PENDING', 'TAKEN', NULL, 'The points are taken.', '2026-11-29 14:03:17.422+00', 0),
	('5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 4, 'FULFILLED', 'PROCESSING', 'TAKEN', NULL, 'Everything was given.', '2026-11-29 14:03:17.422+00', 2),
	('929be5ba-b59f-4d09-bb23-4c4810ccaece', 1, 'PENDING', NULL, 'NOT_TAKEN', NULL, 'Placed.', '2026-11-29 14:03:17.588+00', 0),
	('929be5ba-b59f-4d09-bb23-4c4810ccaece', 2, 'PENDING', 'PENDING', 'TAKING', NULL, 'The points are being taken.', '2026-11-29 14:03:17.588+00', 2),
	('929be5ba-b59f-4d09-bb23-4c4810ccaece', 3, 'PROCESSING', 'PENDING', 'TAKEN', NULL, 'The points are taken.', '2026-11-29 14:03:17.651+00', 0),
	('929be5ba-b59f-4d09-bb23-4c4810ccaece', 4, 'PROCESSING', 'PROCESSING', 'TAKEN', NULL, 'The warehouse is preparing your parcel.', '2026-11-29 14:03:17.651+00', 2);

INSERT INTO public.order_lines (id, order_id, "position", reward_id, name, kind, source, quantity, fulfilled_quantity, unit_points, pay_with, status, failure_reason, failure_message, group_id) VALUES
	('d979d92c-a96c-4c1d-b3e2-89f0d652d371', '5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 1, '01a2279e-00e8-775d-b917-21c33c63143b', 'Reward OLD-VOUCHER', 'E_GIFT_VOUCHER', 'BIGCITY', 1, 1, 100, 'INDIVIDUAL', 'FULFILLED', NULL, NULL, NULL),
	('bd01917b-824d-4135-a34e-dc4ead134227', '929be5ba-b59f-4d09-bb23-4c4810ccaece', 1, '01a2279e-019f-7251-85d4-b4adc7a71203', 'Reward OLD-PARCEL', 'MERCHANDISE', 'BIGCITY', 1, 0, 200, 'INDIVIDUAL', 'PROCESSING', NULL, NULL, NULL);

INSERT INTO public.order_units (id, line_id, unit, state) VALUES
	('13cfab96-5019-45f4-8c18-387f591f9803', 'd979d92c-a96c-4c1d-b3e2-89f0d652d371', 1, 'FULFILLED'),
	('f7407ccf-d416-4b71-b4ed-e130adebf202', 'bd01917b-824d-4135-a34e-dc4ead134227', 1, 'PREPARING');

INSERT INTO public.otp_challenges (id, customer_id, address_hash, delivery, reference_id, attempts, created_at, expires_at, resend_after, superseded_at, used_at, requester_hash, device_hash, is_known_device) VALUES
	('5db2be53-6c90-4f7e-9e4e-be9662729baa', 'C-of-0.1.0', '\xe2437c484a1a3793757cc5301837d1329988c9e8ce9f3ee5b08c9145f99dddab', 'SENT', 'REF930197390389', 1, '2026-11-29 14:03:16.284+00', '2026-11-29 14:08:16.284+00', '2026-11-29 14:03:46.284+00', NULL, '2026-11-29 14:03:16.754+00', '\xe2437c484a1a3793757cc5301837d1329988c9e8ce9f3ee5b08c9145f99dddab', NULL, false);

INSERT INTO public.points_movements (id, order_id, customer_id, kind, number, pay_with, points, line_ids, state, reason, reason_text, reference, attempts, sent_at, balance_before, last_error, watch_until, watch_balance, watched_at, requested_at, settled_at, group_id, ledger, unit_id, earned_before, watch_earned) VALUES
	('4e83e04e-84b0-4e53-a89b-a3fd736a8cf9', '5f5580eb-d996-4f5e-a2ad-7f18c0ed28e2', 'C-of-0.1.0', 'TAKEN', 1, 'INDIVIDUAL', 100, '{d979d92c-a96c-4c1d-b3e2-89f0d652d371}', 'CONFIRMED', NULL, NULL, 'ORD-261129-YSB0YVJNS5', 1, '2026-11-29 14:03:17.304+00', 1000, NULL, NULL, NULL, NULL, '2026-11-29 14:03:17.304+00', '2026-11-29 14:03:17.422+00', NULL, 'CLIENT', NULL, 1000, NULL),
	('52461dc1-1e85-4fd6-a5fc-78b40d116b48', '929be5ba-b59f-4d09-bb23-4c4810ccaece', 'C-of-0.1.0', 'TAKEN', 1, 'INDIVIDUAL', 200, '{bd01917b-824d-4135-a34e-dc4ead134227}', 'CONFIRMED', NULL, NULL, 'ORD-261129-25N58R07QW', 1, '2026-11-29 14:03:17.588+00', 900, NULL, NULL, NULL, NULL, '2026-11-29 14:03:17.588+00', '2026-11-29 14:03:17.651+00', NULL, 'CLIENT', NULL, 1000, NULL);

INSERT INTO public.sessions (id, customer_id, client_token, client_token_expires_at, created_at, expires_at, ended_at, end_reason) VALUES
	('0514a02b-cc23-4aac-8447-a21d0254da9a', 'C-of-0.1.0', '\xd719402e5f3a48c0c870ee602555840a4998812b68afff74701c68db3aee75735c89363ebce146d1e120f58a9ca4dad6dad45551f763bd9ef623c482f83942628149c33508bde2d5d0af5f283dec5a3f8622b43a87cbcc52a3fbc90fe980286d93082d81ef974d559dcaf283384a7666b82b30f22ce5bc2decb372e475fdad795d4b4efc037bf8884f8b21d7ee37154bcdf98d4485c7c6290ce41faa72603ff22b2253b6bd3be2e8841cb557a30365033b2c53fa3beabbc74097e1d735628cd2488981351bbd5d63995a81151f27de877834bf1c239e118929262cff6a9d0e7fa73d58d039d9efe818a86337c1878e233d', '2026-11-30 02:03:16+00', '2026-11-29 14:03:16.756+00', '2027-02-27 14:03:16.756+00', NULL, NULL);

INSERT INTO public.refresh_tokens (token_hash, session_id, issued_at, expires_at, used_at, used_by) VALUES
	('\x3fba787e1966f17d926d221bd2af37f078c1f315c73dc153deaef27ff40e6200', '0514a02b-cc23-4aac-8447-a21d0254da9a', '2026-11-29 14:03:16.787+00', '2026-12-13 14:03:16.787+00', NULL, NULL);

INSERT INTO public.shipments (line_id, status, carrier, tracking_number, reported_at) VALUES
	('bd01917b-824d-4135-a34e-dc4ead134227', 'PREPARING', NULL, NULL, NULL);

INSERT INTO public.voucher_codes (id, reward_id, code, pin, code_hash, masked_code, valid_until, state, unit_id, allocated_at, revealed_at, created_at, source) VALUES
	('685f9426-43f9-4e02-ab8e-d2e06dac0ea3', '01a2279e-00e8-775d-b917-21c33c63143b', '\xf0ed0023b36bb2eae3d8629fc383a04c83a7c830ed3b65b8052c895b3b605843220d2c9fb2bf', '\xe444939558fa97ef60ebab3f840008a552034d21fdb4e383ff1d5baab0b5020e', '\xec97daaa1d1fbff5ea2e34ed04287ad4f043a19838c6a7fcfe9d071a9ecdf148', '••••••••E-2', NULL, 'AVAILABLE', NULL, NULL, NULL, '2026-11-29 14:03:16.198+00', 'BIGCITY'),
	('74288fc7-ed45-4982-9fed-2e7c3d6ba2f7', '01a2279e-00e8-775d-b917-21c33c63143b', '\x1f55ddda7bfba605f15f8c013d6d8b7bf3ac14f4d5eb9f08509a6484a1f29e4e086966b10e95', '\x771c39e4a071051eaebb4dcccac0458be0ce92099704cccb9a5f0cc7d92f98cb', '\xeb0ab09d9c9c53f7f6bc28baebab8b7bc39f3ba08fad5e34fe6adb57811646a1', '••••••••E-3', NULL, 'AVAILABLE', NULL, NULL, NULL, '2026-11-29 14:03:16.198+00', 'BIGCITY'),
	('1423412c-32eb-472c-a0e8-b2458b18b515', '01a2279e-00e8-775d-b917-21c33c63143b', '\x8f7ef14909b087145e02c146a190c416bac0e2803581194d202ffc29f61ff3da36f9b38f8c7d', '\x1726f31f05f1750755e2e45543b51ae3e16bfe030b63799f19ee980ad0611c15', '\x96e363202cfd7a942ee6d2765302042641efbb25188a6a6925631e378eb92fa6', '••••••••E-1', NULL, 'ALLOCATED', '13cfab96-5019-45f4-8c18-387f591f9803', '2026-11-29 14:03:17.422+00', NULL, '2026-11-29 14:03:16.198+00', 'BIGCITY');

SELECT pg_catalog.setval('public.audit_log_id_seq', 12, true);

SELECT pg_catalog.setval('public.member_news_id_seq', 1, false);

SELECT pg_catalog.setval('public.redemptions_to_count_id_seq', 2, true);

